import { isIP } from 'node:net'
import type { Attack, Case } from '../../attack.ts'
import type { Probe } from '../../probe.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import { apiWide, type Sampled, sampledReads, samplingRequests } from '../sampled-reads.ts'
import { askFrom, corsSeverity, isOpenTo, strangeOrigin } from './cors.ts'

const MOST_CANDIDATES = 8

export const lookalikeOrigin: Attack = {
  id: 'lookalike-origin',
  number: 104,
  risk: 'API8',
  severity: 'high',
  cwe: 942,
  title: 'An origin that only looks like an allowed one may read with credentials',
  references: ['OWASP API8:2023', 'Fetch: CORS protocol', 'ASVS 5.0 3.4.2'],
  maxRequests: 5 + MOST_CANDIDATES + samplingRequests(1),
  oracle:
    'Where one origin is allowed and a made-up one is not, the allowed name with something put after it, before it, or in place of a dot is allowed too.',
  fix: 'Compare whole origins with ===; no startsWith, endsWith, includes, and no pattern whose dots are not escaped and whose ends are not anchored.',
  phase: 'normal',
  cases: (plan) => apiWide(plan, 'signed-in'),
  async run(_: Case, probe) {
    const [sampled] = (await sampledReads(probe, 1, 'signed-in')) as [Sampled]
    const strange = strangeOrigin(probe)
    const stranger = await askFrom(probe, sampled, strange)
    if (isOpenTo(stranger, strange)) throw new NotTested('any origin is allowed, see origin-reflected')
    const allowed = await allowedOrigin(probe, sampled, stranger.allowed)
    const answers = []
    for (const { how, origin } of lookalikesOf(allowed, probe.nonce())) {
      const reply = await askFrom(probe, sampled, origin)
      answers.push(reply.answer)
      if (isOpenTo(reply, origin))
        return {
          ...fail(`beside ${allowed}, ${origin} is allowed: ${how}`, stranger.answer, reply.answer),
          severity: corsSeverity(probe, sampled),
        }
    }
    return pass(`${allowed} is allowed and nothing that looks like it`, ...answers)
  },
}

async function allowedOrigin(probe: Probe, sampled: Sampled, told: string | null): Promise<string> {
  for (const origin of candidates(probe, told).slice(0, MOST_CANDIDATES))
    if (isOpenTo(await askFrom(probe, sampled, origin), origin)) return origin
  throw new NotTested(
    'no origin is known that the API allows with credentials; name the one of its front end under "origins" in turnpike.yaml',
  )
}

/** What an API may well allow: what it says itself, its own and declared hosts, and the usual names of front ends. */
function candidates(probe: Probe, told: string | null): readonly string[] {
  const { base, origins } = probe.run.engine.target
  const declared = probe.plan.document.servers.flatMap((url) => originOf(url) ?? [])
  const hosts = [...new Set([...declared, base.origin].map((origin) => new URL(origin).hostname))]
  const domains = [...new Set(hosts.flatMap((host) => domainOf(host) ?? []))]
  const usual = domains.slice(0, 1).flatMap((domain) => [`https://app.${domain}`, `https://www.${domain}`])
  const said = told === null || told === '*' ? [] : [originOf(told) ?? []].flat()
  return [...new Set([...said, ...origins, ...declared, ...usual, base.origin, 'http://localhost:3000'])]
}

function originOf(url: string): string | null {
  if (!URL.canParse(url)) return null
  const { origin } = new URL(url)
  return origin === 'null' ? null : origin
}

/** The last two labels: what somebody registers, as far as that can be told without a list. */
function domainOf(host: string): string | null {
  const labels = host.split('.')
  return isIP(host.replaceAll(/[[\]]/g, '')) !== 0 || labels.length < 2 ? null : labels.slice(-2).join('.')
}

interface Lookalike {
  readonly how: string
  readonly origin: string
}

/** Names that somebody else can register and that a sloppy comparison takes for the allowed one. */
export function lookalikesOf(allowed: string, nonce: string): readonly Lookalike[] {
  const { protocol, hostname, port } = new URL(allowed)
  const at = (host: string) => `${protocol}//${host}${port === '' ? '' : `:${port}`}`
  const domain = domainOf(hostname)
  const labels = hostname.split('.')
  return [
    { how: 'only its beginning is compared', origin: at(`${hostname}.${nonce}.example`) },
    ...(domain === null ? [] : [{ how: 'only its end is compared', origin: at(`${nonce}${domain}`) }]),
    ...(labels.length < 3 || domain === null
      ? []
      : [{ how: 'a dot of the pattern stands for any letter', origin: at(hostname.replace('.', 'x')) }]),
  ]
}
