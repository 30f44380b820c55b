import type { Attack } from '../../attack.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, pass, type Verdict } from '../../verdict.ts'
import { answersOf, SHOT_REQUESTS, type Shot, textsOf } from './bait.ts'
import { alike, CONTROL_REQUESTS, held, openBait } from './held.ts'
import { causeOf } from './reach.ts'
import { type UrlCase, urlCases } from './url-inputs.ts'

/** Where clouds answer whoever runs in them. Never called by us. */
const METADATA = '169.254.169.254'
/** Names in answers of metadata services (AWS, Google, Azure, DigitalOcean, Alibaba). */
const TELLING = [
  /\bami-id\b/,
  /\binstance-id\b/,
  /\bsecurity-credentials\b/,
  /\bplacement\//,
  /\blocal-ipv4\b/,
  /\bcomputeMetadata\b/,
  /\bservice-accounts\/?\b/,
  /"AccessKeyId"/,
  /"azEnvironment"/,
  /\bdroplet_id\b/,
  /\bpublic-keys\/?\b/,
]

export const metadataAddress: Attack = {
  id: 'metadata-address',
  number: 98,
  risk: 'API7',
  severity: 'critical',
  cwe: 918,
  title: 'The metadata service of the cloud is called for a caller',
  references: ['OWASP API7:2023', 'RFC 3927', 'ASVS 5.0 13.2.4'],
  maxRequests: 3 * SHOT_REQUESTS + CONTROL_REQUESTS,
  oracle: `Given ${METADATA}, the API shows what only a metadata service says (at least two of its names).`,
  fix: 'Refuse link-local addresses (169.254.0.0/16, fe80::/10) with every other that is not public; ask for session tokens at the metadata service.',
  phase: 'normal',
  cases: (plan) => urlCases(plan, 3),
  run: (it, probe) => (it.operation === null ? Promise.resolve(pass()) : metadata(it as UrlCase, probe)),
}

async function metadata(it: UrlCase, probe: Probe): Promise<Verdict> {
  const open = await openBait(probe, it)
  const { bait, scheme, nowhere } = open
  const shot = await bait.shoot(`${scheme}://${METADATA}/latest/meta-data/`)
  // Line feeds as JSON writes them would run into the names.
  const [shown, before] = [shot, nowhere].map((each) => textsOf(each).replaceAll('\\n', '\n')) as [string, string]
  const names = TELLING.filter((name) => name.test(shown) && !name.test(before))
  if (names.length >= 2)
    return {
      ...fail(
        `${it.operation.id} shows the answer of the metadata service at ${METADATA}`,
        nowhere.answer,
        ...answersOf(shot),
      ),
      cause: causeOf(it.operation.id, bait.input.at),
    }
  return judged(probe, open, shot)
}

/** Nobody watches that address, so only a refusal that is that of an inside address tells that it is not called. */
async function judged(probe: Probe, open: Awaited<ReturnType<typeof openBait>>, shot: Shot): Promise<Verdict> {
  const { bait, scheme } = open
  const closed = await bait.shoot(`${scheme}://127.0.0.1:9/`)
  if (!succeeded(shot.answer) && shot.answer.status !== 0 && alike(shot, closed)) return held(probe, open, [shot])
  if (succeeded(shot.answer) && succeeded(closed.answer)) {
    const later = [shot, closed].map((each) => each.later.map(({ status }) => status).join())
    if (later[0] === later[1]) return held(probe, open, [shot])
  }
  throw new Inconclusive(
    `${METADATA} is answered ${shot.answer.status} and another inside address ${closed.answer.status}: it may have been called, and nobody can see`,
    closed.answer,
    shot.answer,
  )
}
