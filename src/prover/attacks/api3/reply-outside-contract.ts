import type { Attack, Case } from '../../attack.ts'
import { replySchema } from '../../plan/reply-shape.ts'
import { fail, pass } from '../../verdict.ts'
import { REPLY_REQUESTS, repliesShown, replyTo } from './replies.ts'
import { isSaidToBeForSome } from './said-for-some.ts'
import { strayProperties } from './stray-properties.ts'

export const replyOutsideContract: Attack = {
  id: 'reply-outside-contract',
  number: 61,
  risk: 'API3',
  severity: 'medium',
  cwe: 213,
  title: 'A reply shows properties that its contract does not have',
  references: ['OWASP API3:2023', 'ASVS 5.0 15.3.1'],
  maxRequests: REPLY_REQUESTS,
  oracle:
    'A success holds a property that its schema does not declare although it is closed, or whose name says that it is not for everybody; in a public reply also a contact of a person, or what the document elsewhere describes as for some only. Other properties beyond an open schema are named and do not count.',
  fix: 'Build replies from the declared fields by name instead of sending the stored row.',
  phase: 'normal',
  *cases(plan) {
    yield* repliesShown(plan, ({ read }) => replySchema(read) !== null)
    if (plan.operations.every(({ read }) => replySchema(read) === null))
      yield { operation: null, untested: 'no operation says what its reply holds; add schemas to the responses' }
  },
  async run({ operation, owner }: Case, probe) {
    const schema = operation && replySchema(operation.read)
    if (!operation || !schema) return pass()
    const answer = await replyTo(operation, probe.identity(owner), probe)
    const strays = strayProperties(answer.json, schema)
    const told = (some: typeof strays) => some.map(({ at }) => at.slice(1)).join(', ')
    // An export made by Turnpike projects every reply: whatever is beyond it came another way.
    const isOpen = operation.access === 'public'
    const isForSome = (each: (typeof strays)[number]) =>
      each.looksPrivate || (isOpen && (each.isPersonal || isSaidToBeForSome(probe.plan, each.at)))
    const wrong = strays.filter((each) => each.isClosed || isForSome(each) || operation.extension !== null)
    if (wrong.length > 0) return fail(`${operation.id} shows ${told(wrong)}, which its contract does not have`, answer)
    return pass(
      strays.length > 0 ? `beyond its open schema it shows ${told(strays)}` : 'nothing beyond its schema',
      answer,
    )
  },
}
