import { type Attack, broken, HELD, Inconclusive, refused, sameAnswer, succeeded, type Verdict } from '../attack.ts'
import type { Target } from '../harness.ts'
import type { Answer } from '../http-client.ts'
import type { InnerListeners } from '../inner-listeners.ts'

/** A target whose ports, trust and DNS would let it reach the listeners: only the addresses keep it away. */
export interface Inner {
  readonly target: Target
  readonly listeners: InnerListeners
}
type Api7 = Attack<Inner>

export const testWebhook = (target: Target, url: unknown): Promise<Answer> =>
  target.call(`POST /api/v1/invoices/${target.canaries.alice.id}/webhook-test`, { as: target.alice, body: { url } })

/** None of these is called: refused, nothing connected, nothing of an answer shown. */
async function noneCalled({ target, listeners }: Inner, urls: readonly unknown[]): Promise<Verdict> {
  const before = listeners.total
  for (const url of urls) {
    const answer = await testWebhook(target, url)
    if (listeners.total !== before) return broken(`${JSON.stringify(url)} reached a listener`, answer)
    if (!refused(answer) || answer.text.includes(listeners.nonce))
      return broken(`${JSON.stringify(url)} was not denied`, answer)
    const { code } = answer.json ?? {}
    if (!['outbound_denied', 'invalid_input', 'bad_json'].includes(code))
      return broken(`${JSON.stringify(url)} was denied as ${code}`, answer)
    if (JSON.stringify(answer.json).includes('127.0.0')) return broken('the refusal shows an address', answer)
  }
  return HELD
}

const hosts = (number: number, title: string, spelled: readonly string[]): Api7 => ({
  number,
  title: `${title} (${spelled.length} spellings)`,
  run: (inner) =>
    noneCalled(
      inner,
      spelled.flatMap((host) => [`https://${host}:${inner.listeners.port}/`, `https://${host}/`]),
    ),
})

const loopback = hosts(94, 'the loopback', [
  '127.0.0.1',
  '127.0.0.2',
  '127.127.127.127',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'localhost.localdomain',
  'sub.localhost',
  'ip6-localhost',
  '0.0.0.0',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[0000::0001]',
])

const notations = hosts(95, 'the loopback in other notations', [
  '2130706433',
  '0x7f000001',
  '017700000001',
  '0x7f.0x0.0x0.0x1',
  '0177.0.0.1',
  '0177.0.0.01',
  '127.1',
  '127.0.1',
  '127.000.000.001',
  '127.0.0.1.',
  '0',
  '0x0',
  '00',
  '256.0.0.1',
  '4294967295',
  '4294967297',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::FFFF:7F00:0001]',
  '[::ffff:0:127.0.0.1]',
  '[::127.0.0.1]',
  '[::7f00:1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2002:7f00:1::7f00:1]',
  '[2001:0:7f00:1::]',
  '[2001::80ff:fffe]',
  '[fe80::1]',
  '[fe80::5efe:7f00:1]',
  '[fc00::1]',
  '[fd00::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[100::1]',
  '[::1%25lo]',
  '[::1%lo]',
  '127%2e0%2e0%2e1',
  '%31%32%37.0.0.1',
  '127.0.0.1%00',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '127．0．0．1',
  '１２７.0.0.1',
  '𝟙𝟚𝟟.0.0.1',
  'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
  'localh\u00adost',
  'loc\u200balhost',
])

const innerNetworks = hosts(94, 'private, shared, reserved and broadcast networks', [
  '10.0.0.1',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '100.64.0.1',
  '198.18.0.1',
  '192.0.0.1',
  '192.0.2.1',
  '198.51.100.1',
  '203.0.113.1',
  '192.88.99.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '0.1.2.3',
  '[2001:db8::1]',
  '[64:ff9b::10.0.0.1]',
  '[2002:a00:1::]',
  'intranet',
  'printer.local',
  'router.home.arpa',
  'db.internal',
  'a.localdomain',
])

const metadata = hosts(98, 'metadata services', [
  '169.254.169.254',
  '169.254.170.2',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[fd00:ec2::254]',
  '[64:ff9b::a9fe:a9fe]',
  '[2002:a9fe:a9fe::]',
  '2852039166',
  '0xA9FEA9FE',
  '0251.0376.0251.0376',
  '0xa9.0xfe.0xa9.0xfe',
  '169.254.43518',
  'metadata.google.internal',
  'metadata',
  'instance-data',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'metadata.internal.',
])

const confusing: Api7 = {
  number: 96,
  title: 'userinfo, fragments, backslashes, white space, missing slashes',
  run: (inner) => {
    const { port } = inner.listeners
    const inside = `127.0.0.1:${port}`
    return noneCalled(inner, [
      `https://hooks.example@${inside}/`,
      `https://${inside}@hooks.example/`,
      `https://hooks.example:443@${inside}/`,
      `https://a:b@${inside}/`,
      `https://@${inside}/`,
      `https://hooks.example%40${inside}/`,
      `https://hooks.example#@${inside}/`,
      `https://${inside}#hooks.example`,
      `https://${inside}#.hooks.example/`,
      `https://hooks.example\\@${inside}/`,
      `https://${inside}\\@hooks.example/`,
      `https:\\\\${inside}\\`,
      `https:/\\${inside}/`,
      `https:${inside}/`,
      `https:/${inside}/`,
      `https:///${inside}/`,
      `https:////${inside}/`,
      `//${inside}/`,
      `${inside}`,
      `/`,
      ``,
      ` https://${inside}/`,
      `https://${inside}/ `,
      `\thttps://${inside}/`,
      `ht\ntps://${inside}/`,
      `https://127.0.0.1\t:${port}/`,
      `https://${inside}\u0000/`,
      `https://127.0.0.1%00.hooks.example:${port}/`,
      `https://${inside}/\r\nX-Injected: 1`,
      `https://127.0.0.1%0d%0a:${port}/`,
      `https://[127.0.0.1]:${port}/`,
      `https://127.0.0.1:${port}:443/`,
      `https://127.0.0.1:0${port}/`,
      `https://hooks.example:22/`,
      `https://hooks.example:0/`,
      `https://hooks.example:99999/`,
      `https://hooks.example:-1/`,
      `https://hooks.example:/`,
      `https://.${inside}/`,
      `https://*/`,
      `https://..:${port}/`,
    ])
  },
}

const schemes: Api7 = {
  number: 99,
  title: 'other schemes, and other types than a text',
  run: (inner) => {
    const inside = `127.0.0.1:${inner.listeners.port}`
    const schemed = [
      'http',
      'HTTP',
      'ftp',
      'gopher',
      'dict',
      'ldap',
      'ws',
      'wss',
      'tftp',
      'sftp',
      'ssh',
      'telnet',
      'unix',
      'netdoc',
      'jar:https',
      'view-source:https',
      'blob:https',
      'httpss',
      'https+unix',
    ].map((scheme) => `${scheme}://${inside}/`)
    return noneCalled(inner, [
      ...schemed,
      'file:///etc/passwd',
      'file://localhost/etc/passwd',
      'FILE:/etc/passwd',
      'data:text/plain,x',
      'javascript:fetch(1)',
      `jar:https://${inside}!/`,
      'about:blank',
      [`https://${inside}/`],
      { href: `https://${inside}/` },
      2_130_706_433,
      true,
      null,
    ])
  },
}

const names: Api7 = {
  number: 100,
  title: 'public-looking names that lead inwards, alone or beside a public address',
  run: (inner) => {
    const { port, names: known } = inner.listeners
    const leads: Readonly<Record<string, readonly string[]>> = {
      'loopback.example': ['127.0.0.1'],
      'six.example': ['::1'],
      'mapped.example': ['::ffff:127.0.0.1'],
      'translated.example': ['64:ff9b::7f00:1'],
      'tunnelled.example': ['2002:7f00:1::'],
      'private.example': ['10.0.0.1'],
      'metadata.example': ['169.254.169.254'],
      'any.example': ['0.0.0.0'],
      'zone.example': ['fe80::1%lo'],
      'two.example': ['93.184.215.14', '127.0.0.1'],
      'two-the-other-way.example': ['127.0.0.1', '93.184.215.14'],
      'none.example': [],
      'nonsense.example': ['localhost'],
    }
    for (const [name, addresses] of Object.entries(leads)) known.set(name, [addresses])
    return noneCalled(
      inner,
      Object.keys(leads).flatMap((name) => [
        `https://${name}:${port}/`,
        `https://${name.toUpperCase()}/`,
        `https://${name}./`,
      ]),
    )
  },
}

const oracle: Api7 = {
  number: 101,
  title: 'an answer that tells what is there from what is not, or what is denied from what does not resolve',
  async run({ target, listeners }) {
    const { port, names: known } = listeners
    known.set('inside.example', [['127.0.0.1']])
    const answers: Answer[] = []
    for (const host of ['127.0.0.1', '127.0.0.3', '10.0.0.1', 'inside.example', 'not-there.example', '169.254.169.254'])
      answers.push(await testWebhook(target, `https://${host}:${port}/`))
    const [first, ...rest] = answers as [Answer, ...Answer[]]
    if (!refused(first)) return broken('it was called', first)
    for (const answer of rest) if (!sameAnswer(first, answer)) return broken('it can be told apart', answer)
    return HELD
  },
}

export const api7: readonly Api7[] = [loopback, notations, innerNetworks, confusing, metadata, schemes, names, oracle]

/** For a target that may call the loopback: what it does there is bounded to the one address that was vetted. */
const delivered: Api7 = {
  number: 94,
  title: 'a listener that may be called is reached, and nothing of its answer is relayed',
  async run({ target, listeners }) {
    const before = listeners.total
    listeners.names.set('hooks.example', [['127.0.0.1']])
    for (const host of ['127.0.0.1', 'hooks.example']) {
      const answer = await testWebhook(target, `https://${host}:${listeners.port}/`)
      if (!succeeded(answer) || answer.json.delivered !== true)
        throw new Inconclusive(`${answer.status} ${answer.text}`)
      if (answer.text.includes(listeners.nonce) || JSON.stringify(answer.headers).includes(listeners.nonce))
        return broken('the answer was relayed', answer)
    }
    return listeners.total === before + 2 ? HELD : broken(`${listeners.total - before} connections`)
  },
}

const redirected: Api7 = {
  number: 97,
  title: 'a redirect inwards is not followed',
  async run({ target, listeners }) {
    try {
      for (const location of [
        `https://127.0.0.2:${listeners.port}/`,
        'http://169.254.169.254/latest/meta-data/',
        'file:///etc/passwd',
        '//127.0.0.2/',
        '/',
      ]) {
        const [before, second] = [listeners.total, listeners.connections.get('127.0.0.2') ?? 0]
        listeners.redirectTo = location
        const answer = await testWebhook(target, `https://127.0.0.1:${listeners.port}/`)
        if (listeners.total !== before + 1 || (listeners.connections.get('127.0.0.2') ?? 0) !== second)
          return broken('it was followed', answer)
        if (succeeded(answer) || answer.text.includes(listeners.nonce))
          return broken('it was taken for a delivery', answer)
      }
      return HELD
    } finally {
      listeners.redirectTo = null
    }
  },
}

const rebound: Api7 = {
  number: 100,
  title: 'a name that leads elsewhere at the second look-up is looked up once, and the vetted address is called',
  async run({ target, listeners }) {
    const { port, names: known, connections, asked } = listeners
    known.set('rebind.example', [['127.0.0.1'], ['127.0.0.2']])
    const [first, second, looked] = [connections.get('127.0.0.1') ?? 0, connections.get('127.0.0.2') ?? 0, asked.length]
    const answer = await testWebhook(target, `https://rebind.example:${port}/`)
    if (!succeeded(answer)) throw new Inconclusive(`${answer.status} ${answer.text}`)
    if (asked.length !== looked + 1) return broken(`${asked.length - looked} look-ups`)
    return connections.get('127.0.0.1') === first + 1 && (connections.get('127.0.0.2') ?? 0) === second
      ? HELD
      : broken('another address was called')
  },
}

export const api7WithLoopback: readonly Api7[] = [delivered, redirected, rebound]
