import type { Attack, Case } from '../../attack.ts'
import type { WireAnswer } from '../../engine/http-client.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import { sameShape } from '../api5/same-shape.ts'
import { isInside, isLoopback } from '../loopback.ts'
import { basePath } from '../path-spellings.ts'
import { apiWide, type Sampled, sampledReads, samplingRequests } from '../sampled-reads.ts'
import { rawExchange } from './raw-exchange.ts'

export const plainHttp: Attack = {
  id: 'plain-http',
  number: 116,
  risk: 'API8',
  severity: 'high',
  cwe: 319,
  title: 'The API is served over plain HTTP',
  references: ['OWASP API8:2023', 'RFC 9110 section 17.2', 'ASVS 5.0 4.1.2', 'ASVS 5.0 12.2.1'],
  maxRequests: 2 + samplingRequests(1),
  oracle:
    'The target itself is http and not this machine; or its host answers over plain HTTP as it does over HTTPS instead of redirecting, refusing or staying silent. No credential is sent in the clear to find out.',
  fix: 'Listen on HTTPS only, or answer plain HTTP with a redirect (pages) or a refusal (APIs), and send Strict-Transport-Security.',
  phase: 'normal',
  cases: (plan) => apiWide(plan, 'all'),
  async run(_: Case, probe) {
    const { base } = probe
    if (base.protocol === 'http:') {
      if (isLoopback(base.hostname))
        throw new NotTested(
          'the target is this machine, where plain HTTP is nothing to worry about; attack the address that clients use',
        )
      const inside = isInside(base.hostname)
      const answer = await probe.send(
        { method: 'GET', path: '/', query: [], headers: [], body: undefined, mediaType: '' },
        probe.nobody,
      )
      return { ...fail(`${base.origin} is plain HTTP`, answer), severity: inside ? 'low' : 'high' }
    }
    const [{ control }] = (await sampledReads(probe, 1, 'all')) as [Sampled]
    const secure = await probe.send(control.draft, probe.nobody)
    // Servers on a port of their own may take both on it; another port may be another's.
    const clear = new URL(`http://${base.hostname}:${base.port === '' ? '80' : base.port}`)
    const target = `${basePath(base)}${control.draft.path}`
    const answer = await probe.byHand({ method: 'GET', url: `${clear.origin}${target}` }, 'nobody', () =>
      inTheClear(clear, target),
    )
    const isServed = answer.status !== 0 && sameShape(answer, secure) && answer.status !== 400
    return isServed
      ? fail(`${clear.origin}${target} is answered ${answer.status}, as over HTTPS`, secure, answer)
      : pass(`over plain HTTP it is ${answer.status === 0 ? 'silent' : `answered ${answer.status}`}`, secure, answer)
  },
}

const inTheClear = (clear: URL, target: string): Promise<WireAnswer> =>
  rawExchange(clear, `GET ${target} HTTP/1.1\r\nHost: ${clear.host}\r\nConnection: close\r\n\r\n`, 3_000)
