import type { Attack, Case, Untested } from '../../attack.ts'
import type { Sender } from '../../engine/engine.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Control, Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, pass, type Verdict } from '../../verdict.ts'
import { usersOf } from '../pairs.ts'
import { readSample, readsOf, SAMPLE_REQUESTS } from '../sampled-reads.ts'
import type { SignedInCase } from '../signed-in.ts'

export const sharedCache: Attack = {
  id: 'shared-cache',
  number: 115,
  risk: 'API8',
  severity: 'high',
  cwe: 524,
  title: "A cache hands one caller's answer to another",
  references: ['OWASP API8:2023', 'RFC 9111 section 3.5', 'OWASP WSTG-ATHN-06', 'ASVS 5.0 14.2.2'],
  maxRequests: 20 + SAMPLE_REQUESTS,
  oracle:
    "After the owner has read an address, somebody else, or nobody, is shown what is the owner's at the same address; at an address that nobody has read he is not.",
  fix: 'Send `Cache-Control: no-store` with private answers, let the cache key hold the credential, and answer 404 to paths that only begin like an endpoint.',
  phase: 'normal',
  cases,
  async run(it: Case, probe) {
    const { operation, owner, control } = await readSample(probe, it as SignedInCase)
    if (control.marks.length === 0)
      throw new Inconclusive(`${operation.id} shows nothing that is ${owner}'s alone`, control.answer)
    const alice = probe.identity(owner)
    const strangers = await strangersOf(probe, control.draft, it.attacker)
    const answers: Answer[] = []
    for (const draft of addressesOf(control.draft, probe)) {
      const own = await probe.send(draft, alice)
      answers.push(own)
      if (!probe.shows(own, control)) continue
      for (const stranger of strangers) {
        const verdict = await warmed(probe, control, draft, own, stranger)
        if (verdict) return verdict
      }
    }
    return pass('nobody is shown what the owner has read before', ...answers)
  },
}

interface Stranger {
  readonly who: Identity | Sender
  /** What he is shown of his own, at an address that nobody else reads. */
  readonly own: readonly Answer[]
}

async function strangersOf(
  probe: Probe,
  draft: BuiltDraft,
  attacker: string | undefined,
): Promise<readonly Stranger[]> {
  const nobody = { who: probe.nobody, own: [] }
  if (attacker === undefined) return [nobody]
  const bob = probe.identity(attacker)
  const apart = await probe.send(withQuery(draft, 'tpown', probe.nonce()), bob)
  return [nobody, { who: bob, own: [succeeded(apart) ? apart : await probe.send(draft, bob)] }]
}

const withQuery = (draft: BuiltDraft, name: string, value: string): BuiltDraft => ({
  ...draft,
  query: [...draft.query, [name, value]],
})

/** What everybody has an address of in common: the caller's own record, and lists. */
function* cases(plan: Plan): Generator<Case | Untested> {
  const fits = readsOf(plan, 'signed-in').filter(
    ({ operation }) => !operation.path.includes('{') && operation.access !== 'admin' && operation.access !== 'unknown',
  )
  for (const it of fits.slice(0, 2)) {
    const attacker = usersOf(plan).find(({ name }) => name !== it.owner)
    yield { ...it, ...(attacker === undefined ? {} : { attacker: attacker.name }) }
  }
}

/** The address itself, never used before where a query is allowed; and as a style sheet, which caches love. */
function addressesOf(draft: BuiltDraft, probe: Probe): readonly BuiltDraft[] {
  return [
    withQuery(draft, 'tpcache', probe.nonce()),
    draft,
    { ...draft, path: `${draft.path}/${probe.nonce()}.css` },
    { ...draft, path: `${draft.path};${probe.nonce()}.css` },
  ]
}

const CACHE_HEADERS = ['age', 'x-cache', 'x-cache-hits', 'cf-cache-status', 'x-varnish']

async function warmed(
  probe: Probe,
  control: Control,
  draft: BuiltDraft,
  own: Answer,
  { who, own: theirOwn }: Stranger,
): Promise<Verdict | null> {
  const theirs = await probe.send(draft, who)
  if (!probe.shows(theirs, control, ...theirOwn)) return null
  // Shown at an address that nobody has read, it would be no work of a cache.
  const cold = await probe.send(withQuery(draft, 'tpcold', probe.nonce()), who)
  if (probe.shows(cold, control, ...theirOwn)) return null
  const told = CACHE_HEADERS.filter((name) => theirs.headers[name] !== undefined)
  // An API that refuses unknown parameters says nothing by refusing that address; then a cache must have left its name.
  if (!succeeded(cold) && cold.status !== 401 && cold.status !== 403 && told.length === 0) return null
  const names = told.map((name) => ` (${name}: ${theirs.headers[name]})`).join('')
  return fail(`${draft.path} shows ${who.name} what its owner read before${names}`, cold, own, theirs)
}
