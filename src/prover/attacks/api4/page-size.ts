import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { itemsOf } from '../../world.ts'
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
    'With a size that is huge, 0 or negative, more items come back than the declared (or else a usual) maximum, or the server breaks.',
  fix: 'Validate the size of a page against a small maximum, and refuse or cut what is above it.',
  phase: 'exhausting',
  cases,
  async run({ operation, owner, variant }: Case, probe) {
    if (!operation || variant === undefined) return pass()
    const user = probe.identity(owner)
    const most = declaredMost(operation, variant) ?? USUAL_MOST
    const ask = async (size: number, as: Identity = user) => {
      const draft = await probe.draft(operation, as)
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
      if (succeeded(last)) taken.push(size)
    }
    if (taken.length === 0) return pass('sizes out of bounds are refused', control, last)
    // What is taken may have been cut: that shows only where there is more than a page.
    const other = await probe.throwaway()
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

const isMoreThan = (answer: Answer, most: number): boolean => succeeded(answer) && itemsOf(answer.json).length > most

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

/** At most three lists: those that users can fill first. */
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
  return [...lists.filter(fillable), ...lists.filter((it) => !fillable(it))].slice(0, 3)
}
