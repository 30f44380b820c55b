import type { JsonSchema } from '../../../contract/schema.ts'
import type { Attack, Case } from '../../attack.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { objectIn, replySchema } from '../../plan/reply-shape.ts'
import { leavesOf } from '../../pointer.ts'
import { fail, pass } from '../../verdict.ts'
import { propertiesOf, requestSchemas } from './fields.ts'
import { REPLY_REQUESTS, repliesShown, replyTo } from './replies.ts'
import { isMasked } from './secrets.ts'

export const writeOnlyShown: Attack = {
  id: 'write-only-shown',
  number: 63,
  risk: 'API3',
  severity: 'high',
  cwe: 213,
  title: 'A field that the contract calls writeOnly is shown',
  references: ['OWASP API3:2023', 'OpenAPI 3.1 Schema Object (writeOnly)', 'ASVS 5.0 15.3.1'],
  maxRequests: REPLY_REQUESTS,
  oracle: 'A reply about the same kind of object holds the field with a value that is no mask.',
  fix: 'Build replies from the fields that may be read; a writeOnly field has no place in them.',
  phase: 'normal',
  *cases(plan) {
    const some = plan.operations.some((each) => writeOnlyNames(each, plan).size > 0)
    if (some) yield* repliesShown(plan, (operation) => writeOnlyNames(operation, plan).size > 0)
    else yield { operation: null, untested: 'no schema calls a field writeOnly; mark passwords and the like so' }
  },
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    const names = writeOnlyNames(operation, probe.plan)
    const answer = await replyTo(operation, probe.identity(owner), probe)
    const shown = [...leavesOf(answer.json)].filter(({ at, value }) => {
      const name = at.split('/').findLast((part) => !/^\d+$/.test(part)) ?? ''
      return names.has(name) && value !== null && value !== '' && typeof value !== 'boolean' && !isMasked(String(value))
    })
    const told = [...new Set(shown.map(({ at }) => at.slice(1)))].join(', ')
    return shown.length > 0
      ? fail(`${operation.id} shows ${told}, which may only be written`, answer)
      : pass(`${[...names].join(', ')} not shown`, answer)
  },
}

/** Names that are writeOnly in this operation's reply, or in what is written of the same resource. */
function writeOnlyNames(operation: Operation, plan: Plan): ReadonlySet<string> {
  const family = plan.operations.filter(
    (each) => each === operation || (operation.resource !== null && each.resource === operation.resource),
  )
  const schemas = family.flatMap((each) => [...requestSchemas(each), ...repliesOf(each)])
  const names = schemas.flatMap((schema) => Object.entries(propertiesOf(schema)))
  return new Set(names.flatMap(([name, property]) => (property.writeOnly === true ? [name] : [])))
}

function repliesOf({ read, resource }: Operation): readonly JsonSchema[] {
  const schema = replySchema(read)
  return schema === null ? [] : [objectIn(schema, resource ?? '').schema]
}
