import type { Attack, Case } from '../../attack.ts'
import type { Plan } from '../../plan/plan.ts'
import { fail, NotTested } from '../../verdict.ts'
import { heavyCases, heavyVerdict, lightRequest, padded } from './heavy-body.ts'

const MEGABYTE = 1_048_576
/** For a few fields; larger than any common framework takes without being told to. */
const UNDECLARED_BYTES = 10 * MEGABYTE

export const oversizedBody: Attack = {
  id: 'oversized-body',
  number: 71,
  risk: 'API4',
  severity: 'medium',
  cwe: 400,
  title: 'A body of any size is taken',
  references: ['OWASP API4:2023', 'RFC 9110 section 15.5.14', 'ASVS 5.0 15.2.2'],
  maxRequests: 4,
  oracle: 'A valid request made large with blanks is taken (2xx), breaks something (5xx) or has no answer.',
  fix: 'Bound the bytes of a body before it is parsed, by what is read and not by Content-Length, and answer 413.',
  phase: 'exhausting',
  cases,
  async run(it: Case, probe) {
    const light = await lightRequest(probe, it)
    const declared = it.operation?.extension?.limit.maxBytes ?? null
    const bytes = declared === null ? UNDECLARED_BYTES : declared + 65_536
    if (bytes > UNDECLARED_BYTES)
      throw new NotTested(`its limit of ${declared} bytes is more than the ${UNDECLARED_BYTES} that are sent at most`)
    const isChunked = it.variant === 'chunked'
    const what = `a body of ${(bytes / MEGABYTE).toFixed(1)} MB${isChunked ? ' in chunks' : ''}`
    return heavyVerdict(probe, light, {
      what,
      body: padded(light.text, bytes),
      headers: isChunked ? [['Transfer-Encoding', 'chunked']] : [],
      taken: (answer) => fail(`${what} is taken`, light.answer, answer),
    })
  },
}

function* cases(plan: Plan): Generator<Case> {
  for (const it of heavyCases(plan)) {
    yield { ...it, variant: 'length' }
    yield { ...it, variant: 'chunked' }
  }
}
