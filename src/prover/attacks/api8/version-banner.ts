import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import { type AttackSeverity, fail, pass } from '../../verdict.ts'
import { apiWide, sampledReads, samplingRequests } from '../sampled-reads.ts'

export const versionBanner: Attack = {
  id: 'version-banner',
  number: 111,
  risk: 'API8',
  severity: 'low',
  cwe: 200,
  title: 'Answers name the software that makes them',
  references: ['OWASP API8:2023', 'RFC 9110 section 10.2.4', 'ASVS 5.0 13.4.6'],
  maxRequests: 2 + samplingRequests(1),
  oracle:
    'Server holds a version, or X-Powered-By and its like are there at all. The bare name of a server or a proxy does not count.',
  fix: "Turn the banner off: `app.disable('x-powered-by')`, `server_tokens off`, `ServerTokens Prod`.",
  phase: 'normal',
  cases: (plan) => apiWide(plan, 'all'),
  async run({ owner }: Case, probe) {
    const [sampled] = await sampledReads(probe, 1, 'all')
    const alice = probe.identity(owner)
    const draft = { method: 'GET', path: `/${probe.nonce()}`, query: [], headers: [], body: undefined, mediaType: '' }
    const answers = [
      ...(sampled ? [await probe.send(sampled.control.draft, probe.identity(sampled.owner))] : []),
      // Errors are often somebody else's.
      await probe.send(draft, alice),
    ]
    for (const answer of answers) {
      const banner = bannerOf(answer)
      if (banner) return { ...fail(`${banner.name}: ${banner.value}`, answer), severity: banner.severity }
    }
    return pass('no answer names a version', ...answers)
  },
}

function bannerOf({ headers }: Answer): { name: string; value: string; severity: AttackSeverity } | null {
  const hasVersion = (value: string) => /\d\.\d|\/\d/.test(value)
  const server = headers.server ?? ''
  if (hasVersion(server)) return { name: 'Server', value: server, severity: 'low' }
  for (const name of ['X-Powered-By', 'X-AspNet-Version', 'X-AspNetMvc-Version', 'X-Generator', 'X-Runtime-Version']) {
    const value = headers[name.toLowerCase()]
    if (value !== undefined && value.trim() !== '') return { name, value, severity: hasVersion(value) ? 'low' : 'info' }
  }
  return null
}
