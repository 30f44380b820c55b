import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { IdentityPlan, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { type AttackSeverity, fail, NotTested, pass } from '../../verdict.ts'
import { isLoopback } from '../loopback.ts'
import { sampledReads, samplingRequests } from '../sampled-reads.ts'

export const cookieFlags: Attack = {
  id: 'cookie-flags',
  number: 108,
  risk: 'API8',
  severity: 'medium',
  cwe: 1004,
  title: 'A session cookie lacks HttpOnly, Secure or SameSite',
  references: ['OWASP API8:2023', 'RFC 6265 section 4.1.2', 'ASVS 5.0 3.3.1', 'ASVS 5.0 3.3.2', 'ASVS 5.0 3.3.4'],
  maxRequests: samplingRequests(2),
  oracle:
    'A cookie that carries the session is set without HttpOnly, without Secure (not over plain HTTP on loopback), or without SameSite. Cookies that scripts must read, such as CSRF tokens, do not count.',
  fix: 'Set session cookies as `__Host-…; HttpOnly; Secure; SameSite=Lax; Path=/`.',
  phase: 'normal',
  cases,
  async run({ owner }: Case, probe) {
    const who = probe.identity(owner)
    const { login } = await who.session()
    const others = await sampledReads(probe, 2, 'all').catch(() => [])
    const answers = [...(login === null ? [] : [login]), ...others.map(({ control }) => control.answer)]
    const cookies = answers.flatMap((answer) => sessionCookies(answer, who.plan).map((cookie) => ({ answer, cookie })))
    const [first] = cookies
    if (first === undefined) throw new NotTested(`no answer to ${who.name} sets a cookie that carries a session`)
    for (const { answer, cookie } of cookies) {
      const lacks = lackingIn(cookie, probe)
      const [worst] = lacks
      if (worst !== undefined)
        return {
          ...fail(`the cookie ${nameOf(cookie)} is set without ${lacks.map(({ flag }) => flag).join(', ')}`, answer),
          severity: worst.severity,
        }
    }
    const note = isPlainLoopback(probe) ? ' (Secure is not asked for over plain HTTP on loopback)' : ''
    return pass(`HttpOnly, Secure and SameSite are set on ${nameOf(first.cookie)}${note}`, first.answer)
  },
}

/** Whoever signs in here, one of each way. */
function* cases(plan: Plan): Generator<Case | Untested> {
  const seen = new Set<string>()
  for (const { name, source, spare } of plan.identities) {
    if (source.kind !== 'login' || spare || seen.has(source.login.url)) continue
    seen.add(source.login.url)
    yield { operation: null, owner: name }
  }
}

const nameOf = (cookie: string): string => cookie.split('=')[0]?.trim() ?? ''

/** Set-Cookie lines that carry a session: the identity's own, and what is called like one. */
function sessionCookies({ headers }: Answer, { place, source }: IdentityPlan): readonly string[] {
  const own = [
    ...(place.in === 'cookie' ? [place.name] : []),
    ...(source.kind === 'login' && source.login.token.from === 'cookie' ? [source.login.token.name] : []),
  ]
  return (headers['set-cookie'] ?? '').split('\n').filter((line) => {
    const name = nameOf(line)
    const value = /^[^=]+=([^;]*)/.exec(line)?.[1] ?? ''
    if (value === '' || /csrf|xsrf/i.test(name)) return false
    return own.includes(name) || /sess|(^|[._-])sid$|token|jwt|^auth|remember/i.test(name)
  })
}

interface Lack {
  readonly flag: string
  readonly severity: AttackSeverity
}

const isPlainLoopback = ({ base }: Probe): boolean => base.protocol === 'http:' && isLoopback(base.hostname)

function lackingIn(cookie: string, probe: Probe): readonly Lack[] {
  const has = (flag: RegExp) => flag.test(cookie)
  return [
    ...(has(/;\s*httponly\b/i) ? [] : [{ flag: 'HttpOnly', severity: 'medium' as const }]),
    ...(has(/;\s*secure\b/i) || isPlainLoopback(probe) ? [] : [{ flag: 'Secure', severity: 'medium' as const }]),
    ...(has(/;\s*samesite=\w/i) ? [] : [{ flag: 'SameSite', severity: 'low' as const }]),
  ]
}
