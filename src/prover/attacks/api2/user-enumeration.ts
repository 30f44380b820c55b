import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer, Draft } from '../../engine/exchange.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { borrowed, signsIn } from '../borrowed.ts'
import { GUESSES, median } from './braked.ts'
import { type LoginForm, loginForm, replacedTexts, unknownName } from './login-form.ts'

const PAIRS = 5

export const userEnumeration: Attack = {
  id: 'user-enumeration',
  number: 48,
  risk: 'API2',
  severity: 'medium',
  cwe: 204,
  title: 'Answers tell who has an account',
  references: ['OWASP API2:2023', 'CWE-208', 'ASVS 5.0 6.3.8'],
  maxRequests: GUESSES + 2,
  oracle:
    'For a known and an unknown name, login or forgotten password differ in status or body each time, or login by far in time; or registration says without limit that an address is taken.',
  fix: 'Answer alike and do the same work for known and unknown names; hash a stand-in where there is no account; limit registration.',
  // Wrong passwords may lock the account that they are tried on.
  phase: 'exhausting',
  *cases(plan): Generator<Case | Untested> {
    const canSignIn = plan.identities.some(({ source, account }) => source.kind === 'login' && account !== null)
    if (!canSignIn) {
      yield { operation: null, untested: 'nobody signs in with a password; add a login and an account to identities' }
      return
    }
    const operation = (id: string | null) => plan.operations.find((each) => each.id === id && !each.leftOut) ?? null
    yield { operation: operation(plan.auth.login), variant: 'login' }
    yield { operation: operation(plan.auth.login), variant: 'login-time' }
    const [forgot, register] = [operation(plan.auth.forgotPassword), operation(plan.auth.register)]
    if (forgot) yield { operation: forgot, variant: 'forgot' }
    if (register) yield { operation: register, variant: 'register' }
  },
  async run({ operation, variant }, probe) {
    // Many wrong passwords lock an account, and a locked one answers in its own time.
    const identity =
      variant === 'login-time'
        ? await probe.throwaway()
        : await probe.shared('api2 named account', () => borrowed(probe, signsIn))
    const form = loginForm(identity, probe)
    // Of an account that is none, everything would be alike.
    await identity.session()
    if (variant === 'login')
      return compared(probe, form, (name) => form.draft(name, `Wrong-${form.password}`), isFormFault)
    if (variant === 'login-time') return timed(probe, form)
    if (!operation) throw new NotTested('the operation is left out')
    const draft = await probe.draft(operation, identity)
    const named = (name: string): Draft => ({
      ...draft,
      body: replacedTexts(draft.body, (text, key) => (/e-?mail|user_?name|login/i.test(key) ? name : text)),
    })
    return variant === 'forgot'
      ? compared(probe, form, named, (answer) => !succeeded(answer))
      : registered(probe, form, named, probe.plan)
  },
}

const isFormFault = ({ status }: Answer): boolean => [404, 405, 415, 422].includes(status)

type Named = (name: string) => Draft

/**
 * Twice each, in turn: only what differs between the names and not between the repetitions tells anything.
 * @param refusesForm - Whether a common answer shows that the request itself was wrong.
 */
async function compared(
  probe: Probe,
  { username }: LoginForm,
  named: Named,
  refusesForm: (answer: Answer) => boolean,
): Promise<Verdict> {
  const seen: { readonly known: Answer[]; readonly unknown: Answer[] } = { known: [], unknown: [] }
  for (let times = 0; times < 2; times++) {
    seen.known.push(masked(await probe.send(named(username), probe.nobody), username))
    const nobody = unknownName(username, probe)
    seen.unknown.push(masked(await probe.send(named(nobody), probe.nobody), nobody))
  }
  const [known, unknown] = [seen.known[0] as Answer, seen.unknown[0] as Answer]
  if (known.status === unknown.status && refusesForm(known))
    throw new Inconclusive(
      `both names are answered ${known.status}: the request seems to be refused for its form`,
      known,
    )
  const changing = [seen.known, seen.unknown].some(([one, other]) => differs(one as Answer, other as Answer))
  if (!changing && differs(known, unknown))
    return fail(
      `a known name is answered ${known.status}, an unknown one ${unknown.status}, with other words`,
      unknown,
      known,
    )
  if (seen.known.every(({ status }) => seen.unknown.every((other) => other.status !== status)))
    return fail(`a known name is answered ${known.status}, an unknown one ${unknown.status}`, unknown, known)
  if (changing && differs(known, unknown))
    throw new Inconclusive('answers vary by themselves, so they cannot be compared', known, unknown)
  return pass('known and unknown names are answered alike', unknown, known)
}

/** An echo of the name that was sent is no difference. */
function masked(answer: Answer, name: string): Answer {
  const text = `${answer.headers.location ?? ''} ${answer.text}`
    .replaceAll(name, '·')
    .replaceAll(encodeURIComponent(name), '·')
  if (answer.json === undefined) return { ...answer, text }
  const json: unknown = JSON.parse(JSON.stringify(answer.json).split(name).join('·'))
  return { ...answer, text, json }
}

/** Time in interleaved pairs: a finding only where every known one is slower (or faster) than every unknown one, twice over. */
async function timed(probe: Probe, form: LoginForm): Promise<Verdict> {
  const times: { readonly known: number[]; readonly unknown: number[] } = { known: [], unknown: [] }
  const ask = (name: string) => probe.send(form.draft(name, `Wrong-${form.password}`), probe.nobody)
  let last = await ask(unknownName(form.username, probe))
  for (let pair = 0; pair < PAIRS; pair++) {
    last = await ask(form.username)
    times.known.push(last.milliseconds)
    times.unknown.push((await ask(unknownName(form.username, probe))).milliseconds)
  }
  const [known, unknown] = [median(times.known), median(times.unknown)]
  const [slow, fast] = known > unknown ? [times.known, times.unknown] : [times.unknown, times.known]
  const apart = Math.min(...slow) > Math.max(...fast)
  const [longer, shorter] = [Math.max(known, unknown), Math.min(known, unknown)]
  const told = `known names take ${known.toFixed(0)} ms, unknown ones ${unknown.toFixed(0)} ms (medians of ${PAIRS})`
  if (apart && longer > shorter * 2 && longer - shorter > 20) return fail(told, last)
  if (apart && longer > shorter * 1.3 && longer - shorter > 10)
    throw new Inconclusive(`${told}: apart, but not by a margin that noise could not make`, last)
  return pass(told, last)
}

/** That a name is taken has to be said; that an e-mail address is, only whoever reads its mail needs to know. */
async function registered(probe: Probe, form: LoginForm, named: Named, { auth }: Plan): Promise<Verdict> {
  if (!form.username.includes('@')) throw new NotTested(`${auth.register}: a user name that is taken has to be refused`)
  const fresh = await probe.send(named(unknownName(form.username, probe)), probe.nobody)
  if (!succeeded(fresh)) throw new Inconclusive(`registration of a new address answered ${fresh.status}`, fresh)
  for (let asked = 1; asked <= GUESSES; asked++) {
    const taken = await probe.send(named(form.username), probe.nobody, { anyStatus: true, meetsLimits: true })
    if (taken.status === 429 || taken.status === 423)
      return pass(`question ${asked} meets ${taken.status}`, fresh, taken)
    if (taken.status === 0 || taken.status >= 500)
      throw new Inconclusive(`registration of a known address answered ${taken.status}`, taken)
    if (taken.status === fresh.status) return pass('new and known addresses are answered alike', fresh, taken)
    if (asked === GUESSES)
      return {
        ...fail(
          `registration says ${taken.status} for known addresses, ${GUESSES} times without a limit`,
          fresh,
          taken,
        ),
        severity: 'low',
        cause: 'registration-tells',
      }
  }
  return pass()
}
