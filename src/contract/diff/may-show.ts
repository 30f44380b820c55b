import type { XResource } from '../openapi/extension.ts'
import type { OperationOutline } from './outline.ts'
import { objectsOf } from './rewrite-rule.ts'

/** Whether an operation loads objects of the resource, or its reply looks like one: its id beside its owner, its tenant or a field with rules. */
export function mayShow({ contract, input, reply }: OperationOutline, name: string, resource: XResource): boolean {
  const named =
    Object.values(contract?.params ?? {}).some((param) => param.resource === name) ||
    Object.values(input).some(({ ref }) => ref === name) ||
    (contract?.each ? objectsOf(contract.each).includes(name) : false)
  if (named) return true
  const marks = [resource.owner, resource.tenant, ...Object.keys(resource.fields)].filter(
    (field) => field !== resource.id,
  )
  return Object.keys(reply)
    .filter((at) => at.endsWith(`/${resource.id}`))
    .map((at) => at.slice(0, -resource.id.length))
    .some((base) => marks.some((field) => field !== null && reply[base + field] !== undefined))
}
