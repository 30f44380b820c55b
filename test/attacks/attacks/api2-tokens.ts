import { createPrivateKey, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { selfSigned } from '../../guards/outbound-certificate.ts'
import { type Attack, broken, control, HELD, Inconclusive, refused, type Verdict } from '../attack.ts'
import {
  type CapturedToken,
  capture,
  encode,
  forge,
  hmac,
  publishedKeys,
  reallySigned,
  spellingsOf,
} from '../forged-token.ts'
import type { Target } from '../harness.ts'
import type { Answer } from '../http-client.ts'

type Api2 = Attack<Target>
type Forgery = readonly [what: string, token: string]

const GARBAGE = 'not-a-token'
const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512']
const attacker = generateKeyPairSync('ed25519').privateKey

const door = ({ canaries: { alice } }: Target) => `/api/v1/invoices/${alice.id}`
const knock = (target: Target, authorization: string): Promise<Answer> =>
  target.call(`GET ${door(target)}`, { headers: { Authorization: authorization } })

/** Alice herself is served, nobody and garbage are not: otherwise a denial says nothing about tokens. */
async function baselines(target: Target): Promise<void> {
  control(await target.call(`GET ${door(target)}`, { as: target.alice }), 'the owner')
  for (const answer of [await target.call(`GET ${door(target)}`), await knock(target, `Bearer ${GARBAGE}`)])
    if (!refused(answer)) throw new Inconclusive('the operation is public')
}

const shows = (target: Target, answer: Answer): boolean => answer.text.includes(target.canaries.alice.title)

async function noneTaken(target: Target, forgeries: Iterable<Forgery>): Promise<Verdict> {
  await baselines(target)
  let tried = 0
  for (const [what, token] of forgeries) {
    const answer = await knock(target, `Bearer ${token}`)
    if (!refused(answer) || shows(target, answer)) return broken(what, answer)
    if (answer.status !== 401 || answer.json?.code !== 'invalid_token')
      return broken(`${what}: not what a wrong token gets`, answer)
    tried++
  }
  if (tried === 0) throw new Inconclusive('nothing was tried')
  return HELD
}

/** An attack whose tokens are made from a token of alice's. */
const forgery = (
  number: number,
  title: string,
  make: (captured: CapturedToken, target: Target) => Iterable<Forgery> | Promise<Iterable<Forgery>>,
): Api2 => ({
  number,
  title,
  run: async (target) => noneTaken(target, await make(await capture(target.alice), target)),
})

/** As `forgery`, with tokens that the target's own key signed; one such token that says nothing wrong must be taken. */
const misissued = (
  number: number,
  title: string,
  make: (captured: CapturedToken, sign: (claims: object, header?: object) => string, now: number) => Iterable<Forgery>,
): Api2 => ({
  number,
  title,
  async run(target) {
    const captured = await capture(target.alice)
    const sign = (claims: object, header: object = {}) =>
      reallySigned(target, { ...captured.header, ...header }, { ...captured.claims, ...claims })
    control(await knock(target, `Bearer ${sign({ jti: 'another' })}`), 'a token signed by the real key')
    return noneTaken(target, make(captured, sign, Math.floor(target.clock.now() / 1000)))
  },
})

const none: Api2 = {
  number: 21,
  title: 'no credential',
  async run(target) {
    await baselines(target)
    const answer = await target.call(`GET ${door(target)}`)
    if (answer.status !== 401 || answer.headers['www-authenticate'] !== 'Bearer')
      return broken('not a challenge', answer)
    return HELD
  },
}

const garbage: Api2 = {
  number: 22,
  title: 'garbage, empty, scheme only, Basic, other schemes',
  async run(target) {
    await baselines(target)
    const { token } = await capture(target.alice)
    const basic = Buffer.from(`${target.alice.userId}:${token}`).toString('base64')
    const values = [
      '',
      'Bearer',
      'Bearer ',
      'Bearer null',
      'Bearer undefined',
      'Bearer ..',
      'Bearer a.b.c',
      `Basic ${token}`,
      `Basic ${basic}`,
      `Token ${token}`,
      `JWT ${token}`,
      `DPoP ${token}`,
      token,
      `Bearer Bearer ${token}`,
      `Bearer ${token} ${token}`,
      `Bearer ${token},`,
      `Bearer "${token}"`,
      `Bearer ${GARBAGE}, Bearer ${token}`,
      `Bearer ${token}${'a'.repeat(9000)}`,
    ]
    for (const value of values) {
      const answer = await knock(target, value)
      if (!refused(answer) || shows(target, answer)) return broken(`"${value.slice(0, 30)}" was taken`, answer)
    }
    return HELD
  },
}

const unsigned = forgery(23, 'alg none, in its spellings', ({ header, claims, signature }) =>
  ['none', 'None', 'NONE', 'nOnE'].flatMap((alg) =>
    ['', signature, 'AA', encode('none')].map(
      (kept) => [`alg ${alg}`, forge({ ...header, alg }, claims, kept)] as const,
    ),
  ),
)

const stripped = forgery(24, 'the signature stripped', ({ token, header, claims, signature }) => {
  const signed = token.slice(0, token.lastIndexOf('.'))
  return [
    ['no signature', `${signed}.`],
    ['two parts', signed],
    ['one part', encode(header)],
    ['four parts', `${token}.${signature}`],
    ['parts beyond', `${token}.`],
    ['an empty header', `.${encode(claims)}.${signature}`],
    ['a shortened signature', token.slice(0, -4)],
    ['a doubled signature', `${token}${signature}`],
  ]
})

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const bitFlip = forgery(25, 'one bit flipped, in every part', function* ({ token }) {
  const signature = token.lastIndexOf('.') + 1
  for (let at = 0; at < token.length; at += at < signature ? 7 : 1) {
    const value = ALPHABET.indexOf(token[at] as string)
    // The last character holds bits that belong to no byte; flipping one of those gives the same bytes in another spelling.
    for (const bit of at === token.length - 1 ? [1, 2, 4, 8, 16, 32] : [1])
      if (value !== -1) yield [`character ${at}`, `${token.slice(0, at)}${ALPHABET[value ^ bit]}${token.slice(at + 1)}`]
  }
})

const edited = forgery(26, 'the payload changed under its signature', ({ header, claims, signature }, { bob }) =>
  [
    { sub: bob.userId },
    { roles: ['admin'] },
    { exp: 4_102_444_800 },
    { scope: 'inventory:read metrics:read' },
    { tenant: 'another' },
  ].map((change) => [`claims ${JSON.stringify(change)}`, forge(header, { ...claims, ...change }, signature)]),
)

const confusion = forgery(
  27,
  'a symmetric signature made with a public key, and other algorithms',
  async (captured, target) => {
    const { header, claims } = captured
    const keys = (await publishedKeys(target)).flatMap(spellingsOf)
    const secrets = keys.flatMap((secret) => HMAC_ALGORITHMS.map((alg) => forge({ ...header, alg }, claims, secret)))
    const others = [
      'RS256',
      'PS256',
      'ES256',
      'EdDSA',
      'Ed25519',
      'HS1',
      'hs256',
      'eddsa',
      'RSA-OAEP',
      'dir',
      '',
      ' HS256',
      'HS256 ',
    ]
      .filter((alg) => alg !== header.alg)
      .map((alg) => forge({ ...header, alg }, claims, attacker))
    const own = target.issuer?.jwt.key
    // The right secret under another algorithm than the key's (RFC 8725 section 3.1: one key, one algorithm).
    const sameSecret =
      own instanceof Uint8Array ? ['HS384', 'HS512'].map((alg) => forge({ ...header, alg }, claims, own)) : []
    return [...secrets, ...others, ...sameSecret].map((token, index) => [`confusion ${index}`, token] as const)
  },
)

const COMMON_SECRETS = [
  'secret',
  'password',
  'changeme',
  'your-256-bit-secret',
  'jwt',
  'jwt-secret',
  'key',
  'test',
  'admin',
  '123456',
  'supersecret',
  'secretkey',
  'your_jwt_secret',
  'shhhhh',
  'dev',
  'default',
  'AllYourBase',
]

const weakSecret = forgery(28, 'common secrets, offline and online', ({ token, header, claims, signature }) => {
  const input = token.slice(0, token.lastIndexOf('.'))
  const found = COMMON_SECRETS.find(
    (text) => hmac('HS256', Buffer.from(text), input).toString('base64url') === signature,
  )
  // A secret that was found makes a token that is taken.
  return (found === undefined ? COMMON_SECRETS : [found]).map((text) => [
    `secret ${text}`,
    forge({ ...header, alg: 'HS256' }, { ...claims, jti: 'forged' }, Buffer.from(text)),
  ])
})

const blankSecret = forgery(29, 'an empty secret', ({ header, claims }) =>
  [new Uint8Array(0), new Uint8Array(1), new Uint8Array(32), Buffer.from('null'), Buffer.from('undefined')].flatMap(
    (secret) =>
      HMAC_ALGORITHMS.map(
        (alg) => [`${secret.byteLength} bytes, ${alg}`, forge({ ...header, alg }, claims, secret)] as const,
      ),
  ),
)

/** Key names that lead a careless look-up to a key whose bytes are known. */
const kids = (number: number, title: string, names: readonly (readonly [kid: unknown, key: string])[]) =>
  forgery(number, title, ({ header, claims }) =>
    names.map(([kid, key]) => [
      `kid ${JSON.stringify(kid)}`,
      forge({ ...header, alg: 'HS256', kid }, claims, Buffer.from(key)),
    ]),
  )

const kidPath = kids(30, 'kid that names a file', [
  ['/dev/null', ''],
  ['../../../../../../dev/null', ''],
  ['..\\..\\..\\nul', ''],
  ['/proc/sys/kernel/randomize_va_space', '2\n'],
  ['file:///dev/null', ''],
  ['package.json\u0000', ''],
  ['|true', ''],
  ['__proto__', ''],
  ['constructor', ''],
  ['', ''],
  [null, ''],
  [['one'], ''],
  [{ toString: 'one' }, ''],
])

const kidQuery = kids(31, 'kid that is SQL', [
  ["' UNION SELECT 'known' -- ", 'known'],
  ["x' OR '1'='1", ''],
  ["'; DROP TABLE users; --", ''],
  ['" UNION SELECT "known', 'known'],
  ['{"$ne":""}', ''],
])

const embeddedKey = forgery(32, 'a key that the token brings along', ({ header, claims }) => {
  const pair = generateKeyPairSync('ed25519')
  const jwk = pair.publicKey.export({ format: 'jwk' })
  const secret = createSecretKey(Buffer.alloc(32, 7))
  const asked = { ...header, alg: 'EdDSA' }
  return [
    ['jwk', forge({ ...asked, jwk }, claims, pair.privateKey)],
    ['jwk and its own kid', forge({ ...asked, kid: 'mine', jwk: { ...jwk, kid: 'mine' } }, claims, pair.privateKey)],
    ['jwk without kid', forge({ alg: 'EdDSA', typ: header.typ, jwk }, claims, pair.privateKey)],
    [
      'a symmetric jwk',
      forge({ ...header, alg: 'HS256', jwk: secret.export({ format: 'jwk' }) }, claims, secret.export()),
    ],
  ]
})

const remoteKey: Api2 = {
  number: 33,
  title: 'a key that the token tells to fetch',
  async run(target) {
    let connections = 0
    const pair = generateKeyPairSync('ed25519')
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'mine', alg: 'EdDSA', use: 'sig' }
    const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })))
    server.on('connection', () => connections++)
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
    const { header, claims } = await capture(target.alice)
    const asked = { ...header, alg: 'EdDSA', kid: 'mine' }
    try {
      const verdict = await noneTaken(
        target,
        [{ jku: url }, { x5u: url }, { jku: [url] }, { url }, { kid: url }].map((extra) => [
          JSON.stringify(extra),
          forge({ ...asked, ...extra }, { ...claims, iss: url.replace('/jwks.json', '') }, pair.privateKey),
        ]),
      )
      return verdict === HELD && connections > 0 ? broken('our listener was asked for a key') : verdict
    } finally {
      await new Promise((done) => server.close(done))
    }
  },
}

const certificate = forgery(34, 'a self-signed certificate that the token brings along', ({ header, claims }) => {
  const { key, cert } = selfSigned(['billing.example'])
  const x5c = [cert.replaceAll(/-----[A-Z ]+-----|\s/g, '')]
  const signer = createPrivateKey(key)
  return [
    ['x5c', forge({ ...header, alg: 'ES256', x5c }, claims, signer)],
    ['x5c without kid', forge({ alg: 'ES256', typ: header.typ, x5c }, claims, signer)],
    ['x5c as a text', forge({ ...header, alg: 'ES256', x5c: x5c[0] }, claims, signer)],
  ]
})

const zeroSignature = forgery(35, 'a signature of zeros', ({ header, claims }) =>
  ['ES256', 'EdDSA', String(header.alg)].flatMap((alg) =>
    [32, 64, 96, 132].map(
      (bytes) =>
        [
          `${alg}, ${bytes} bytes`,
          forge({ ...header, alg }, claims, Buffer.alloc(bytes).toString('base64url')),
        ] as const,
    ),
  ),
)

const expired: Api2 = {
  number: 36,
  title: 'an expired token, told apart from an invalid one, however well it is known',
  async run(target) {
    const { token, claims } = await capture(target.alice)
    await baselines(target)
    control(await knock(target, `Bearer ${token}`), 'the token while it lives')
    target.clock.set(Number(claims.exp) * 1000)
    const answer = await knock(target, `Bearer ${token}`)
    if (!refused(answer) || shows(target, answer)) return broken('it outlived its end', answer)
    return answer.headers['www-authenticate']?.includes('expired') ? HELD : broken('it does not say "expired"', answer)
  },
}

const expiry = misissued(37, 'no expiry, or one that is no time (lesson 23)', ({ claims }, sign) =>
  [undefined, String(claims.exp), Number.NaN, null, true, [claims.exp], { $gt: 0 }, '', -1, 0].map((exp) => [
    `exp ${JSON.stringify(exp)}`,
    sign({ exp }),
  ]),
)

const future = misissued(38, 'from the future', (_captured, sign, now) => [
  ['nbf', sign({ nbf: now + 3600 })],
  ['nbf as text', sign({ nbf: String(now - 10) })],
  ['iat', sign({ iat: now + 3600, exp: now + 4200 })],
  ['iat as text', sign({ iat: String(now) })],
])

const lifetime = misissued(51, 'a lifetime above the policy', (_captured, sign, now) => [
  ['ten years', sign({ exp: now + 315_360_000 })],
  ['two days', sign({ exp: now + 172_800 })],
  ['from long ago', sign({ iat: now - 864_000, exp: now + 600 })],
])

const audience: Api2 = misissued(39, 'another audience, or none', ({ claims }, sign) =>
  [
    undefined,
    '',
    'another',
    `${claims.aud}x`,
    String(claims.aud).toUpperCase(),
    [],
    ['another'],
    { 0: claims.aud },
    null,
  ].map((aud) => [`aud ${JSON.stringify(aud)}`, sign({ aud })]),
)

const issuer: Api2 = misissued(40, 'another issuer, or none', ({ claims }, sign) =>
  [undefined, '', 'https://evil.example', `${claims.iss}/`, `${claims.iss}.evil.example`, [claims.iss], null].map(
    (iss) => [`iss ${JSON.stringify(iss)}`, sign({ iss })],
  ),
)

const otherType = misissued(41, 'a token of another type', (_captured, sign) =>
  ['rt+jwt', 'refresh+jwt', 'id+jwt', 'logout+jwt', 'secevent+jwt', 'dpop+jwt', 'application/at+jwt2', 'at jwt'].map(
    (typ) => [`typ ${typ}`, sign({}, { typ })],
  ),
)

const critical = misissued(45, 'header members that change how a token is read', (_captured, sign) => [
  ['crit of something known', sign({}, { crit: ['exp'], exp: 1 })],
  ['crit of something unknown', sign({}, { crit: ['billing.example/x'], 'billing.example/x': true })],
  ['an empty crit', sign({}, { crit: [] })],
  ['crit as a text', sign({}, { crit: 'exp' })],
  ['b64', sign({}, { crit: ['b64'], b64: false })],
  ['zip', sign({}, { zip: 'DEF' })],
  ['cty', sign({}, { cty: 'JWT' })],
])

const elsewhere: Api2 = {
  number: 46,
  title: 'a token anywhere but in one Authorization header',
  async run(target) {
    await baselines(target)
    const { token } = await capture(target.alice)
    const path = door(target)
    const places: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
      [`${path}?access_token=${token}`, []],
      [`${path}?token=${token}`, []],
      [path, [['Cookie', `access_token=${token}; token=${token}; session=${token}`]]],
      [
        path,
        [
          ['X-Access-Token', token],
          ['X-Auth-Token', token],
          ['X-API-Key', token],
        ],
      ],
      [path, [['Proxy-Authorization', `Bearer ${token}`]]],
      [
        path,
        [
          ['X-Forwarded-Authorization', `Bearer ${token}`],
          ['X-Original-Authorization', `Bearer ${token}`],
        ],
      ],
      [path, [['Sec-WebSocket-Protocol', `bearer, ${token}`]]],
    ]
    for (const [where, headers] of places) {
      const answer = await target.call(`GET ${where}`, { headers })
      if (!refused(answer) || shows(target, answer)) return broken(`taken from ${where.slice(0, 90)}`, answer)
    }
    for (const second of [token, GARBAGE]) {
      for (const pair of [
        [token, second],
        [second, token],
      ]) {
        const headers = pair.map((each) => ['Authorization', `Bearer ${each}`] as const)
        const answer = await target.call(`GET ${path}`, { headers })
        if (answer.status !== 400 || answer.json?.code !== 'invalid_request') return broken('two credentials', answer)
      }
    }
    return HELD
  },
}

/** What strangers can make without any key of the target. */
export const forgeries: readonly Api2[] = [
  none,
  garbage,
  unsigned,
  stripped,
  bitFlip,
  edited,
  confusion,
  weakSecret,
  blankSecret,
  kidPath,
  kidQuery,
  embeddedKey,
  remoteKey,
  certificate,
  zeroSignature,
  elsewhere,
]

/** What the right key should never have signed, for any issuer. */
export const misissuedTokens: readonly Api2[] = [expired, expiry, future, otherType, critical, lifetime]

/** For issuers that name themselves and their audience. */
export const addressedTokens: readonly Api2[] = [audience, issuer]
