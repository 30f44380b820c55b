import type { Attack, Case, Untested } from '../../attack.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { NotTested, pass } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import {
  bodyRoot,
  type Field,
  type FieldKind,
  guess,
  isDescribed,
  knownFields,
  offeredNames,
  takesAnything,
} from './fields.ts'
import { HUNT_REQUESTS, type Hunt, huntFields } from './hunt-fields.ts'
import type { Shown } from './shown-object.ts'
import { type WriteKind, type Writer, writeKindOf, writerOf } from './writer.ts'

export interface MassAssignment extends Pick<Attack, 'id' | 'number' | 'severity' | 'title' | 'fix' | 'phase'> {
  readonly kinds: readonly WriteKind[]
  /** Which of the fields that were not offered, and which guesses, are tried. */
  fields(unoffered: readonly Field[], given: { readonly writer: Writer; readonly shown: Shown }): readonly Field[]
  /** Usual names to try where neither schemas nor replies speak of them. */
  readonly guesses?: readonly (readonly [name: string, kind: FieldKind])[]
  /** Where it applies at all, as far as the document tells. Default: everywhere. */
  applies?(operation: Operation, plan: Plan): boolean
  /** Why nothing is tried where no field is found. */
  readonly none: string
  /** More of the hunt, where the attack needs it. */
  more?(writer: Writer, probe: Probe): Promise<Partial<Hunt>>
}

/** An attack that sends fields nobody offered, and reads back whether they were taken. */
export function massAssignment({
  kinds,
  fields,
  guesses = [],
  none,
  more,
  applies = () => true,
  ...data
}: MassAssignment): Attack {
  return {
    ...data,
    risk: 'API3',
    cwe: 915,
    references: ['OWASP API3:2023', 'ASVS 5.0 15.3.3', 'ASVS 5.0 8.2.3'],
    maxRequests: HUNT_REQUESTS,
    oracle:
      'After an ordinary write the field held another value; after the same write with the field added, its owner reads back exactly the value that was sent.',
    *cases(plan) {
      const all = [...writes(plan, kinds)]
      const some = all.filter((each) => 'untested' in each || !each.operation || applies(each.operation, plan))
      if (some.length > 0) yield* some
      else yield { operation: null, untested: none }
    },
    async run({ operation, owner, variant }: Case, probe) {
      if (!operation) return pass()
      const writer = await writerOf(operation, probe.identity(owner), variant as WriteKind, probe)
      const choose = (shown: Shown): readonly Field[] => {
        const offered = offeredNames(operation, writer.resource, writer.owner.plan)
        const known = knownFields(probe.plan, operation, writer.resource, shown)
        const isNew = (name: string) => !offered.has(name) && !known.some((each) => each.name === name)
        const guessed = guesses.filter(([name]) => isNew(name)).map((each) => guess(...each))
        const unoffered = known.filter(({ name }) => !offered.has(name))
        const chosen = [...fields(unoffered, { writer, shown }), ...guessed].filter((each) =>
          isForeign(each, operation, probe.plan),
        )
        if (chosen.length === 0) throw new NotTested(`${operation.id}: ${none}`)
        const root = bodyRoot(operation)
        return chosen.map((each) => ({ ...each, at: `${root}${each.at}` }))
      }
      return huntFields({ writer, fields: choose, ...(await more?.(writer, probe)) }, probe)
    },
  }
}

/** Whether the caller has no business with the field: where nobody says what a body may hold, that is sure of rights and owners alone. */
function isForeign({ known, kind }: Field, operation: Operation, plan: Plan): boolean {
  if (!known && takesAnything(operation)) return false
  return kind === 'privilege' || kind === 'owner' || isDescribed(operation, plan)
}

/** Writes of ordinary users that can be read back, each with its kind as variant. */
export function* writes(plan: Plan, kinds: readonly WriteKind[]): Generator<Case | Untested> {
  const user = firstUser(plan)
  const find = (id: string | null) => plan.operations.find((each) => each.id === id && !each.leftOut) ?? null
  let count = 0
  for (const operation of plan.operations) {
    const isRegister = operation.id === plan.auth.register
    if (operation.leftOut || operation.access === 'admin' || (operation.access === 'public' && !isRegister)) continue
    if (!(operation.read.body?.content ?? []).some(({ mediaType }) => /json|urlencoded/.test(mediaType))) continue
    const kind = writeKindOf(operation, find, plan.resources, plan.auth.register)
    if (kind === null || !kinds.includes(kind)) continue
    count++
    if (user) yield { operation, owner: user.name, variant: kind }
    else yield { operation, untested: 'needs an ordinary user; add --as alice=…, or a user under identities' }
  }
  if (count === 0)
    yield { operation: null, untested: `there is no ${kinds.join(' or ')} with a body whose result can be read back` }
}
