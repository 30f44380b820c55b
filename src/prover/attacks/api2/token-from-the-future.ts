import { claimsAttack } from './claims-attack.ts'

const DAY_SECONDS = 86_400

export const tokenFromTheFuture = claimsAttack({
  id: 'token-from-the-future',
  number: 38,
  severity: 'medium',
  cwe: 613,
  title: 'A token is taken before its time',
  references: ['OWASP API2:2023', 'RFC 7519 section 4.1.5', 'ASVS 5.0 9.2.1'],
  tokens: 2,
  oracle:
    'The real claims with `nbf` (or, less grave, `iat`) a day ahead, well signed, are answered as the real token is.',
  fix: 'Check `nbf`, and refuse tokens issued in the future beyond a minute of clock difference.',
  async forge({ jwt }, sign, probe) {
    const tomorrow = Math.floor(probe.now() / 1000) + DAY_SECONDS
    const claims = { ...jwt.claims, exp: tomorrow + 600 }
    return [
      { told: 'that is not valid before tomorrow (nbf)', token: await sign({ ...claims, nbf: tomorrow }) },
      // No standard asks for this one; it shows a wrong clock or a forger.
      {
        told: 'that was issued tomorrow (iat)',
        token: await sign({ ...jwt.claims, iat: tomorrow, exp: tomorrow + 600 }),
        severity: 'info',
      },
    ]
  },
})
