import type { Attack, Case, Untested } from '../../attack.ts'
import type { Plan } from '../../plan/plan.ts'
import { fail, pass } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { forUsers, nothingKnown } from './object-cases.ts'

/** Not a hole by itself: it makes every other one a matter of counting. */
export const sequentialIds: Attack = {
  id: 'sequential-ids',
  number: 20,
  risk: 'API1',
  severity: 'info',
  cwe: 340,
  title: 'Ids can be counted',
  references: ['OWASP API1:2023', 'RFC 9562', 'ASVS 5.0 11.5.1'],
  maxRequests: 2,
  oracle: 'Two objects made one after the other have ids that are numbers close to each other.',
  fix: 'Give out random ids (UUID version 4 or 7) and keep counters inside. The checks are needed all the same.',
  phase: 'normal',
  cases: countable,
  async run({ operation, owner }: Case, probe) {
    if (!operation?.resource) throw nothingKnown()
    const alice = probe.identity(owner)
    const [first, second] = [await probe.fresh(operation.resource, alice), await probe.fresh(operation.resource, alice)]
    const step = distance(first.id, second.id)
    return step === null || step > NEAR
      ? pass(`${first.id} and ${second.id} tell nothing of each other`)
      : fail(`one ${operation.resource} after the other has the ids ${first.id} and ${second.id}`)
  },
}

/** Others may make some in between. */
const NEAR = 500

function countable(plan: Plan): readonly (Case | Untested)[] {
  const user = firstUser(plan)
  return plan.resources.flatMap(({ create, isUser }) => {
    const operation = plan.operations.find(({ id }) => id === create)
    return user && operation && forUsers(operation) && !isUser ? [{ operation, owner: user.name }] : []
  })
}

/** How far two ids are from each other as numbers, after the same beginning; null where they are no numbers. */
function distance(one: string, other: string): number | null {
  const [first, second] = [NUMBERED.exec(one), NUMBERED.exec(other)]
  if (!first || !second || first[1] !== second[1]) return null
  return Math.abs(Number(second[2]) - Number(first[2]))
}

/** Longer numbers are random or hold the time. */
const NUMBERED = /^(\D*?)(\d{1,12})$/

/** A number that is small enough to be reached by counting. */
export const isGuessable = (id: string): boolean => /^\D*\d{1,9}$/.test(id) && !/[0-9a-f]{8}-[0-9a-f]{4}/i.test(id)
