import type { XOperation } from '../from-openapi/read-operation-extension.ts'
import type { XResource } from '../openapi/extension.ts'
import type { Place } from './change.ts'
import type { OperationOutline } from './outline.ts'
import { renameObjects } from './rewrite-rule.ts'
import type { Shape, Shapes } from './shape.ts'

/** One operation in both documents; the names of path parameters are those of the new one. */
export interface ComparedOperation {
  readonly place: Place
  readonly before: OperationOutline
  readonly after: OperationOutline
  /** The resource behind a name in a rule. Both sides look at the new document: what became of a resource's read rule is told once, of the resource. */
  readonly resources: (operation: XOperation) => (object: string) => XResource | undefined
}

/** `GET /v1/invoices/{}`: a parameter's name is not part of what a server answers to. */
export const anonymous = (id: string): string => id.replaceAll(/\{[^{}]*\}/g, '{}')

/** The operation with the path parameters of `from` called as in `to`, by position. */
export function renameParams(operation: OperationOutline, from: string, to: string): OperationOutline {
  if (from === to) return operation
  const [old, now] = [paramsOf(from), paramsOf(to)]
  const rename = (name: string) => now[old.indexOf(name)] ?? name
  return {
    ...operation,
    contract: operation.contract && renameInContract(operation.contract, rename),
    input: renameInShapes(operation.input, rename),
  }
}

const paramsOf = (id: string): readonly string[] => [...id.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name)

function renameInContract(contract: XOperation, rename: (name: string) => string): XOperation {
  const { params, access, flow } = contract
  return {
    ...contract,
    access: renameObjects(access, rename),
    params: Object.fromEntries(
      Object.entries(params).map(([name, { resource, within }]) => [
        rename(name),
        { resource, within: within === null ? null : rename(within) },
      ]),
    ),
    flow: flow && { ...flow, stepUp: flow.stepUp && renameObjects(flow.stepUp, rename) },
  }
}

function renameInShapes(shapes: Shapes, rename: (name: string) => string): Shapes {
  return Object.fromEntries(
    Object.entries(shapes).map(([at, shape]): [string, Shape] => [
      at.replace(/^\/path\/([^/]+)/, (_, name: string) => `/path/${rename(name)}`),
      shape,
    ]),
  )
}
