import type { JsonSchema } from '../../../contract/schema.ts'
import type { Attack, Case } from '../../attack.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { sampleOf, typeOf } from '../../plan/sample.ts'
import { withAt } from '../../pointer.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { itemsOf } from '../../world.ts'
import { schemaOf } from './bounded-fields.ts'
import { burst, isLimited } from './limits.ts'

const MOST_SINGLES = 60
const MOST_BATCHES = 4

export const batchLimit: Attack = {
  id: 'batch-limit',
  number: 78,
  risk: 'API4',
  severity: 'high',
  cwe: 799,
  title: 'One batch does what the limit forbids one by one',
  references: ['OWASP API4:2023', 'ASVS 5.0 2.4.1'],
  maxRequests: MOST_SINGLES + MOST_BATCHES + 4,
  oracle: 'When single requests are limited, batches of the same get at least twice as many items through at once.',
  fix: 'Let a batch spend as many units of the budget as it has items, and bound the items of one.',
  phase: 'exhausting',
  cases,
  async run({ operation, variant }: Case, probe) {
    const single = probe.operation(variant ?? null)
    if (!operation || !single) return pass()
    const isOpen = operation.access === 'public'
    const somebody = isOpen ? probe.run.identities[0] : await probe.throwaway()
    if (somebody === undefined) throw new NotTested('needs an identity; add --as alice=…')
    const sender = isOpen ? probe.nobody : somebody
    const item = await probe.draft(single, somebody)
    const met = await burst(MOST_SINGLES, () => probe.send(item, sender, { anyStatus: true, meetsLimits: true }))
    if (met.limited === null)
      throw new NotTested(`no limit was met within ${met.sent} requests on ${single.id}, so there is none to multiply`)
    const places = arrayIn(operation)
    const allowed = met.sent - 1
    if (places === null || allowed === 0) throw new Inconclusive('it was limited before the first request', met.limited)
    const size = Math.min(places.maxItems, 2 * Math.max(allowed, 1) + 2, 200)
    let through = 0
    let last = met.limited
    for (let batches = 0; batches < MOST_BATCHES && through < 2 * allowed; batches++) {
      const draft = await probe.draft(operation, somebody)
      const items = Array.from({ length: size }, () =>
        isOpen ? item.body : sampleOf(places.items, { random: probe.random }),
      )
      const body = places.at === '' ? items : withAt(draft.body, places.at, items)
      last = await probe.send({ ...draft, body }, sender, { anyStatus: true, meetsLimits: true })
      if (isLimited(last) || !succeeded(last)) break
      through += itemsOf(last.json).length || size
    }
    return through >= 2 * allowed
      ? fail(
          `${single.id} was limited after ${allowed} requests, ${operation.id} then took ${through} items`,
          met.limited,
          last,
        )
      : pass(`batches spend the limit too (${last.status})`, met.limited, last)
  },
}

interface ArrayPlace {
  readonly at: string
  readonly items: JsonSchema
  readonly maxItems: number
}

/** The array of objects that a batch is: the body itself, or its only array. */
function arrayIn(operation: Operation): ArrayPlace | null {
  const schema = schemaOf(operation) ?? {}
  const asPlace = (at: string, array: JsonSchema): ArrayPlace | null =>
    array.items && (typeOf(array.items) === 'object' || typeOf(array.items) === 'string')
      ? { at, items: array.items, maxItems: array.maxItems ?? 200 }
      : null
  if (typeOf(schema) === 'array') return asPlace('', schema)
  const arrays = Object.entries(schema.properties ?? {}).filter(([, each]) => typeOf(each) === 'array')
  return arrays.length === 1 && arrays[0] ? asPlace(`/${arrays[0][0]}`, arrays[0][1]) : null
}

const BATCH = /^(batch|bulk|multi|many|multiple)$/i

/** `POST /notes/batch` beside `POST /notes`; `POST /login/batch` beside the login. */
function* cases(plan: Plan): Generator<Case> {
  for (const operation of plan.operations) {
    const words = operation.path.split('/')
    const last = words.at(-1) ?? ''
    const isBatch = BATCH.test(last) || /[-_:](batch|bulk|multi)$|^(batch|bulk)[-_:]/i.test(last)
    if (operation.method !== 'POST' || operation.leftOut || !isBatch || arrayIn(operation) === null) continue
    const plain = last.replace(/[-_:](batch|bulk|multi)$|^(batch|bulk)[-_:]/i, '')
    const path = [...words.slice(0, -1), ...(plain === last ? [] : [plain])].join('/')
    const single = plan.operations.find((each) => each.method === 'POST' && each.path === path && !each.leftOut)
    if (single) yield { operation, variant: single.id }
  }
}
