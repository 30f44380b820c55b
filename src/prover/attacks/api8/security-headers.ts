import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import { apiWide, namesOf, sampledReads, samplingRequests } from '../sampled-reads.ts'

const NOSNIFF = 'X-Content-Type-Options'
const HSTS = 'Strict-Transport-Security'
const CSP = 'Content-Security-Policy'

export const securityHeaders: Attack = {
  id: 'security-headers',
  number: 107,
  risk: 'API8',
  severity: 'low',
  cwe: 693,
  title: 'A header that keeps browsers in check is missing',
  references: ['OWASP API8:2023', 'OWASP REST Security Cheat Sheet', 'RFC 6797', 'ASVS 5.0 3.4.1', 'ASVS 5.0 3.4.4'],
  maxRequests: 3 + samplingRequests(3),
  oracle:
    'An answer with a body lacks nosniff, or (over HTTPS) a Strict-Transport-Security of some length, or both a frame-ancestors policy and X-Frame-Options.',
  fix: "Set the three once for all answers: `X-Content-Type-Options: nosniff`, `Strict-Transport-Security: max-age=31536000`, `Content-Security-Policy: default-src 'none'; frame-ancestors 'none'`.",
  phase: 'normal',
  cases: (plan) => apiWide(plan, 'all', NOSNIFF, HSTS, CSP),
  async run({ variant = '' }: Case, probe) {
    if (variant === HSTS && probe.base.protocol !== 'https:')
      throw new NotTested('browsers ignore Strict-Transport-Security over plain HTTP; attack the https address')
    const sample = await sampledReads(probe, 3, 'all')
    const answers = []
    for (const { operation, control, owner } of sample) {
      const answer = await probe.send(control.draft, probe.identity(owner))
      if (!isSet(variant, answer))
        return {
          ...fail(`${operation.id} is answered without ${wanted(variant)}`, answer),
          severity: variant === CSP && !/html|svg|xml/i.test(answer.headers['content-type'] ?? '') ? 'info' : 'low',
          cause: `security-headers ${variant}`,
        }
      answers.push(answer)
    }
    return pass(`${wanted(variant)} is there at ${namesOf(sample)}`, ...answers)
  },
}

const wanted = (name: string): string => (name === CSP ? `${CSP} with frame-ancestors, or X-Frame-Options` : name)

function isSet(name: string, { headers }: Answer): boolean {
  const value = headers[name.toLowerCase()] ?? ''
  if (name === NOSNIFF) return /^nosniff\b/i.test(value.trim())
  if (name === HSTS) return Number(/max-age="?(\d+)/i.exec(value)?.[1] ?? '0') > 0
  return /frame-ancestors|default-src\s+'none'/i.test(value) || headers['x-frame-options'] !== undefined
}
