import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { leavesOf } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { itemsOf, type Thing } from '../../world.ts'
import { borrowed } from '../borrowed.ts'
import { firstUser } from '../pairs.ts'
import { isLimited } from './limits.ts'

const PAGE_PARAMETER =
  /^\$?(limit|page_?size|per_?page|size|count|first|take|top|max_?results|rows|page\[(size|limit)\])$/i
const HUGE = 1_000_000
/** What a page may hold where nobody says; so many objects are made at most to see it. */
const USUAL_MOST = 100
const MOST_MADE = 120
const MOST_SECONDS = 20

export const pageSize: Attack = {
  id: 'page-size',
  number: 70,
  risk: 'API4',
  severity: 'medium',
  cwe: 770,
  title: 'A page may be of any size',
  references: ['OWASP API4:2023', 'ASVS 5.0 2.2.1'],
  maxRequests: 10,
  oracle:
    'With a size that is huge, 0 or negative, more items come back than the declared (or else a usual) maximum, the reply itself says that its page is larger than declared, or the server breaks.',
  fix: 'Validate the size of a page against a small maximum, and refuse or cut what is above it.',
  phase: 'exhausting',
  cases,
  async run({ operation, owner, variant }: Case, probe) {
    if (!operation || variant === undefined) return pass()
    const user = probe.identity(owner)
    const declared = declaredMost(operation, variant)
    const most = declared ?? USUAL_MOST
    const things = await fullParents(probe, operation, user)
    const ask = async (size: number, as: Identity = user) => {
      const draft = await probe.draft(operation, as, as === user ? { things } : {})
      const query = [...draft.query.filter(([name]) => name !== variant), [variant, String(size)] as const]
      const answer = await probe.send({ ...draft, query }, as, { anyStatus: true })
      if (answer.status === 0 || answer.status === 503 || isLimited(answer))
        throw new Inconclusive(`it is answered ${answer.status || answer.failure}, which denies nothing`, answer)
      return answer
    }
    const control = await ask(1)
    if (!succeeded(control)) throw new Inconclusive(`${variant}=1 is answered ${control.status} too`, control)
    const taken: number[] = []
    let last = control
    for (const size of [HUGE, -1, 0]) {
      last = await ask(size)
      if (last.status >= 500)
        return { ...fail(`${variant}=${size} is answered ${last.status}`, control, last), severity: 'low' }
      if (isMoreThan(last, most)) return fail(told(variant, size, last, most), control, last)
      if (declared !== null && saysSize(last, size) && saysSize(control, 1))
        return fail(
          `${variant}=${size} is taken: the reply says that its page is of ${size}, where ${declared} are declared`,
          control,
          last,
        )
      if (succeeded(last)) taken.push(size)
    }
    if (taken.length === 0) return pass('sizes out of bounds are refused', control, last)
    // What is taken may have been cut: that shows only where there is more than a page.
    const other = await borrowed(probe)
    await fill(probe, operation, other, most)
    const shown = await ask(2, other)
    if (!succeeded(shown) || itemsOf(shown.json).length === 0)
      throw new Inconclusive('the filled list shows nothing of what was made', shown)
    for (const size of taken) {
      last = await ask(size, other)
      if (isMoreThan(last, most)) return fail(told(variant, size, last, most), control, last)
    }
    return pass('sizes out of bounds are cut', control, last)
  },
}

/** What lists stand under: objects that were there before have more below them than new ones. */
async function fullParents(probe: Probe, operation: Operation, user: Identity): Promise<readonly Thing[]> {
  const parent = operation.references.findLast((each) => each.in === 'path' && each.of === 'object')
  if (parent === undefined) return []
  try {
    return [await probe.world.withoutMaking().object(parent.resource, user)]
  } catch (error) {
    if (error instanceof NotTested || error instanceof Inconclusive) return []
    throw error
  }
}

const isMoreThan = (answer: Answer, most: number): boolean => succeeded(answer) && itemsOf(answer.json).length > most

/** The size that a reply says its page has, beside the items: what is cut says the smaller one. */
const saysSize = (answer: Answer, size: number): boolean =>
  size > 0 &&
  succeeded(answer) &&
  [...leavesOf(answer.json)].some(
    ({ at, value }) =>
      value === size && !/\/\d+(\/|$)/.test(at) && /^(page_?size|per_?page|limit)$/i.test(at.split('/').at(-1) ?? ''),
  )

const told = (name: string, size: number, answer: Answer, most: number): string =>
  `${name}=${size} gives ${itemsOf(answer.json).length} items, where ${most} are a page`

const declaredMost = ({ read }: Operation, name: string): number | null =>
  read.parameters.find((each) => each.name === name)?.schema.maximum ?? null

/** Makes as many objects as a page may not hold, for somebody to spare. @throws {NotTested} Where that is too much. */
async function fill(probe: Probe, operation: Operation, owner: Identity, most: number): Promise<void> {
  const { resource } = operation
  if (resource === null || most > MOST_MADE || probe.resource(resource).create === null)
    throw new NotTested(
      `a size out of bounds is taken; whether it is cut shows only with more than ${most} ${resource ?? 'object'}s, which cannot be made here`,
    )
  const started = performance.now()
  for (let made = 0; made <= most; made++) {
    if (performance.now() - started > MOST_SECONDS * 1000)
      throw new NotTested(
        `a size out of bounds is taken; making the ${most} objects that show whether it is cut takes too long here`,
      )
    await probe.fresh(resource, owner)
  }
}

/** Lists that users can fill, and those that stand below something and may be full already. */
const MOST_FILLABLE = 3
const MOST_BELOW = 3

function cases(plan: Plan): readonly (Case | Untested)[] {
  const user = firstUser(plan)
  if (user === null) return []
  const lists = plan.operations.flatMap((operation): Case[] => {
    const parameter = operation.read.parameters.find((each) => each.in === 'query' && PAGE_PARAMETER.test(each.name))
    const isList = operation.method === 'GET' && !operation.leftOut && operation.access !== 'admin'
    return isList && parameter ? [{ operation, owner: user.name, variant: parameter.name }] : []
  })
  const fillable = (it: Case) =>
    plan.resources.some(({ name, create }) => name === it.operation?.resource && create !== null)
  const others = lists.filter((it) => !fillable(it))
  const isBelow = ({ operation }: Case) =>
    operation?.references.some((each) => each.in === 'path' && each.of === 'object') === true
  const few = [...lists.filter(fillable), ...others].slice(0, MOST_FILLABLE)
  return [...new Set([...few, ...others.filter(isBelow).slice(0, MOST_BELOW)])]
}
