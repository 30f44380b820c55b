import { readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createOutbound } from '../../src/guards/outbound/outbound.ts'
import { parseOutboundPolicy } from '../../src/guards/outbound/outbound-policy.ts'
import { publicAddress } from '../../src/guards/outbound/public-address.ts'
import { systemAddresses } from '../../src/guards/outbound/vetted-addresses.ts'
import { json, listen, loopback, refused } from './outbound-listener.ts'

const VECTORS = process.env.VECTORS
const EVERY_PORT = Array.from({ length: 65_535 }, (_, index) => index + 1)

/** The most permissive policy there is outside of tests. */
const POLICY = parseOutboundPolicy({
  hosts: 'public',
  ports: EVERY_PORT,
  dangerouslyAllowPlainHttp: true,
  maxRedirects: 5,
})
/** Every name leads to a public address, so that what is denied is denied for its spelling. */
const outwards = createOutbound(POLICY, { lookup: async () => ['9.9.9.9'] })
/** Every name leads inwards, as an attacker's would. */
const inwards = createOutbound(POLICY, { lookup: async () => ['127.0.0.1'] })

const dialled: unknown[] = []
beforeEach(() => {
  dialled.length = 0
  const note = (how: string) => (to: unknown) => {
    dialled.push([how, to])
    throw new Error('dialled')
  }
  vi.spyOn(net, 'connect').mockImplementation(note('net') as never)
  vi.spyOn(tls, 'connect').mockImplementation(note('tls') as never)
})
afterEach(() => void vi.restoreAllMocks())

async function expectDenied(url: string, outbound = outwards): Promise<void> {
  expect(await refused(outbound.fetch(url, { reply: 'discard' })), url).toMatch(/^outbound_denied: ./)
  expect(dialled, url).toEqual([])
}

const SPELLINGS = [
  // loopback and its numbers
  'http://127.0.0.1',
  'http://127.0.0.1:PORT',
  'http://127.1',
  'http://127.0.1',
  'http://127.127.127.127',
  'http://2130706433',
  'http://017700000001',
  'http://0x7f000001',
  'http://0x7F.0.0.1',
  'http://0177.0.0.1',
  'http://0177.0.0x0.1',
  'http://00000177.1',
  'http://127.0.0.01',
  'http://0',
  'http://0.0.0.0:PORT',
  'http://127.0.0.1.',
  'http://2130706433.',
  // IPv6
  'http://[::1]:PORT',
  'http://[::]',
  'http://[0000::1]',
  'http://[0:0:0:0:0:0:0:1]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:7f00:1]',
  'http://[::FFFF:7F00:1]',
  'http://[::127.0.0.1]',
  'http://[::7f00:1]',
  'http://[::ffff:0:7f00:1]',
  'http://[64:ff9b::7f00:1]',
  'http://[64:ff9b::127.0.0.1]',
  'http://[64:ff9b:1::7f00:1]',
  'http://[2002:7f00:1::]',
  'http://[2002:7f00:1::1]',
  'http://[2001:0:7f00:1::]',
  'http://[2001::1]',
  'http://[fe80::1]',
  'http://[fe80::1%25lo]',
  'http://[fec0::1]',
  'http://[fc00::1]',
  'http://[fd00:ec2::254]',
  'http://[ff02::1]',
  'http://[2001:db8::1]',
  'http://[3fff::1]',
  'http://[100::1]',
  'http://[5f00::1]',
  'http://[2600::5efe:7f00:1]',
  'http://[4000::1]',
  'http://[::ffff:8.8.8.8]',
  // private, shared, reserved
  'http://10.0.0.1',
  'http://172.16.0.1',
  'http://172.31.255.255',
  'http://192.168.1.1',
  'http://100.64.0.1',
  'http://100.100.100.200',
  'http://169.254.169.254',
  'http://169.254.170.2',
  'http://2852039166',
  'http://0xa9fea9fe',
  'http://0251.0376.0251.0376',
  'http://0.1.2.3',
  'http://192.0.0.192',
  'http://192.0.2.1',
  'http://192.88.99.1',
  'http://198.18.0.1',
  'http://198.51.100.1',
  'http://203.0.113.1',
  'http://224.0.0.1',
  'http://240.0.0.1',
  'http://255.255.255.255',
  'http://168.63.129.16',
  // a public address in another spelling: refused, since another parser may read another address
  'http://134744072',
  'http://0x8.0x8.0x8.0x8',
  'http://010.8.8.8',
  'http://8.8.2056',
  'http://8.8.8.8.',
  // names
  'http://localhost',
  'http://LOCALHOST:PORT',
  'http://localhost.',
  'http://a.localhost',
  'http://localhost.localdomain',
  'http://ip6-localhost',
  'http://metadata',
  'http://metadata.google.internal',
  'http://printer.local',
  'http://router.home.arpa',
  'http://example.com.',
  'http://example..com',
  `http://${'a'.repeat(64)}.com`,
  `http://${'a.'.repeat(127)}com`,
  'http://a$b.example.com',
  // characters that parsers repair
  'http://①②⑦.⓪.⓪.①',
  'http://127。0。0。1',
  'http://１２７.0.0.1',
  'http://ⓔⓧⓐⓜⓟⓛⓔ.com',
  'http://exa\u00admple.com',
  'http://exa\u200bmple.com',
  'http://%31%32%37.0.0.1',
  'http://127.0.0.1%00.example.com',
  'http://loc%61lhost',
  'http://exam\tple.com',
  'http://exam\nple.com',
  ' http://example.com',
  'http://example.com ',
  'http://example.com/a b',
  'http://example.com/\r\nx-a: b',
  'http://example.com/\0',
  '\u0001http://example.com',
  // user information, fragments, backslashes, slashes
  'http://user@example.com',
  'http://user:pass@example.com', // secretlint-disable-line
  'http://@example.com',
  'http://:@example.com',
  'http://example.com@127.0.0.1',
  'http://127.0.0.1:80\\@example.com',
  'http://127.1.1.1:80\\@@127.2.2.2:80/',
  'http://127.1.1.1:80#\\@127.2.2.2:80/',
  'http://1.1.1.1 &@2.2.2.2# @3.3.3.3/',
  'http://example.com#',
  'http://example.com#@127.0.0.1',
  'http:\\\\127.0.0.1',
  'http:/127.0.0.1',
  'http:127.0.0.1',
  'http:///127.0.0.1',
  '//127.0.0.1',
  '127.0.0.1',
  'http://',
  'http://?',
  'http://:80',
  'http://example.com:',
  'http://example.com:080',
  'http://example.com:0',
  'http://example.com:65536',
  'http://example.com:80:80',
  'http://[127.0.0.1]',
  'http://[::1',
  'http://[::1]x',
  // schemes
  'file:///etc/passwd',
  'file://localhost/etc/passwd',
  'gopher://127.0.0.1:PORT/_GET',
  'dict://127.0.0.1:PORT/',
  'ftp://127.0.0.1/',
  'sftp://127.0.0.1/',
  'ldap://127.0.0.1/',
  'jar:http://127.0.0.1!/',
  'data:application/json,{}',
  'javascript:0',
  'ws://127.0.0.1:PORT',
  'blob:http://127.0.0.1/x',
  'unix:/var/run/docker.sock',
  'http+unix://%2Fvar%2Frun/',
  'netdoc:///etc/passwd',
  'url:http://127.0.0.1',
  '0://evil.com:80;http://google.com:80/',
  '',
  `http://example.com/${'a'.repeat(2048)}`,
  `http://example.com/${'é'.repeat(500)}`,
]

test('the table is what it claims to be', () => expect(new Set(SPELLINGS).size).toBeGreaterThan(150))

test.each(SPELLINGS.map((url) => [url.slice(0, 60), url]))('%j is denied and nothing is dialled', async (_name, url) =>
  expectDenied(url.replace('PORT', '3000')),
)

test.each([
  ['http://user@example.com', 'user information'],
  ['http://example.com/#a', 'fragment'],
  ['http://example.com/\t', 'control'],
  ['http:example.com', 'form'],
  ['http://127.1', 'canonical spelling "127.0.0.1"'],
  ['http://example.com.', 'fully qualified'],
  ['http://a.local', 'local name'],
  ['http://10.0.0.1', 'not public'],
])('the private detail of %j says why', async (url, reason) => {
  expect(await refused(outwards.fetch(url, { reply: 'discard' }))).toContain(reason)
})

test('plain HTTP and other ports are closed unless the policy opens them', async () => {
  const strict = createOutbound(parseOutboundPolicy({ hosts: 'public' }))
  expect(await refused(strict.fetch('http://9.9.9.9', { reply: 'discard' }))).toBe(
    'outbound_denied: plain HTTP is not allowed',
  )
  expect(await refused(strict.fetch('https://9.9.9.9:8443', { reply: 'discard' }))).toBe(
    'outbound_denied: port 8443 is not allowed',
  )
  expect(dialled).toEqual([])
})

test.each(['http://127.0.0.1.nip.io', 'http://localtest.me', 'https://make-1.2.3.4-rebind-127.0.0.1-rr.1u.ms'])(
  '%s is denied: it leads inwards',
  async (url) => {
    await expectDenied(url, inwards)
  },
)

test('over real sockets: nothing reaches a listener on the loopback, which does count who does', async () => {
  vi.restoreAllMocks()
  const server = await listen(json({}))
  for (const url of SPELLINGS) {
    expect(await refused(outwards.fetch(url.replace('PORT', String(server.port)), { reply: 'discard' })), url).toMatch(
      /^outbound_denied/,
    )
  }
  expect(server.connections).toBe(0)
  await loopback([server]).fetch(server.origin, { reply: 'discard' })
  expect(server.connections).toBe(1)
})

test.each([
  'http://8.8.8.8',
  'http://1.1.1.1:8080/a?b=c',
  'HTTP://Example.COM/a',
  'https://[2606:4700::1111]',
  'http://bücher.example',
  'http://xn--bcher-kva.example',
  'http://a_b.example.com',
  'https://example.com?q=%0d%0a',
  'https://192.0.1.1',
])('%s passes: it is public', async (url) => {
  const outbound = createOutbound(POLICY, { lookup: async () => ['9.9.9.9', '2620:fe::fe'] })
  expect(await refused(outbound.fetch(url, { reply: 'discard' }))).toMatch(
    /^upstream_failed: .*(dialled|could be reached)/,
  )
  expect(dialled.length).toBeGreaterThan(0)
})

test('one bad address among several denies the call', async () => {
  const addresses = ['9.9.9.9', '2620:fe::fe', '1.1.1.1', '8.8.8.8', '10.0.0.1']
  for (let at = 0; at < addresses.length; at++) {
    const rotated = [...addresses.slice(at), ...addresses.slice(0, at)]
    const outbound = createOutbound(parseOutboundPolicy({ hosts: 'public' }), { lookup: async () => rotated })
    expect(await refused(outbound.fetch('https://example.com', { reply: 'discard' }))).toBe(
      'outbound_denied: example.com is at 10.0.0.1, which is not public',
    )
  }
  expect(dialled).toEqual([])
})

test.each(['', 'example.com', '127.1', '0x7f.0.0.1', '::ffff:9.9.9.9', 'fe80::1%lo', '9.9.9.9 ', '9.9.9.9/8'])(
  'a resolver that answers %j denies the call',
  async (address) => {
    const outbound = createOutbound(parseOutboundPolicy({ hosts: 'public' }), {
      lookup: async () => ['9.9.9.9', address],
    })
    expect(await refused(outbound.fetch('https://example.com', { reply: 'discard' }))).toMatch(/^outbound_denied/)
    expect(dialled).toEqual([])
  },
)

test('the system resolver is asked by default, and gives every address', async () => {
  const addresses = await systemAddresses('localhost')
  expect(addresses.length).toBeGreaterThan(0)
  for (const address of addresses)
    expect([publicAddress(address), publicAddress(address, true)?.range()]).toEqual([null, 'loopback'])
})

test('the loopback switch opens the loopback and nothing else', async () => {
  const outbound = createOutbound(
    parseOutboundPolicy({ hosts: 'public', dangerouslyAllowLoopback: true, dangerouslyAllowPlainHttp: true }),
  )
  for (const url of ['http://127.0.0.1', 'http://127.9.9.9', 'http://[::1]']) {
    expect(await refused(outbound.fetch(url, { reply: 'discard' })), url).toMatch(/^upstream_failed: .*dialled/)
  }
  dialled.length = 0
  for (const url of [
    'http://2130706433',
    'http://[::ffff:7f00:1]',
    'http://0.0.0.0',
    'http://[::]',
    'http://10.0.0.1',
    'http://169.254.169.254',
    'http://localhost',
  ]) {
    expect(await refused(outbound.fetch(url, { reply: 'discard' })), url).toMatch(/^outbound_denied/)
  }
  expect(dialled).toEqual([])
})

/** First address and prefix length of what no outbound call may reach (IANA special-purpose registry). */
const INNER: readonly (readonly [number, number])[] = [
  [0x00000000, 8],
  [0x0a000000, 8],
  [0x64400000, 10],
  [0x7f000000, 8],
  [0xa9fe0000, 16],
  [0xac100000, 12],
  [0xc0000000, 24],
  [0xc0000200, 24],
  [0xc0a80000, 16],
  [0xc6120000, 15],
  [0xc6336400, 24],
  [0xcb007100, 24],
  [0xe0000000, 4],
  [0xf0000000, 4],
]
const inner = fc
  .constantFrom(...INNER)
  .chain(([base, bits]) => fc.nat(2 ** (32 - bits) - 1).map((offset) => base + offset))

function notations(address: number): readonly string[] {
  const octets = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255) as [number, number, number, number]
  const dotted = octets.join('.')
  const hex = `${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`
  const inverted = `${((~address >>> 16) & 0xffff).toString(16)}:${(~address & 0xffff).toString(16)}`
  return [
    dotted,
    `${dotted}.`,
    String(address),
    `0x${address.toString(16)}`,
    `0${address.toString(8)}`,
    octets.map((octet) => `0x${octet.toString(16)}`).join('.'),
    octets.map((octet) => `0${octet.toString(8)}`).join('.'),
    `${octets[0]}.${address & 0xffffff}`,
    `${octets[0]}.${octets[1]}.${address & 0xffff}`,
    dotted.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
    dotted.replaceAll('.', '。'),
    dotted.replaceAll('.', '%2e'),
    ...[
      `::ffff:${dotted}`,
      `::ffff:${hex}`,
      `::${hex}`,
      `::ffff:0:${hex}`,
      `64:ff9b::${hex}`,
      `64:ff9b::${dotted}`,
      `64:ff9b:1::${hex}`,
      `2002:${hex}::`,
      `2002:${hex}::1`,
      `2001:0:${hex}::`,
      `2001:0:808:808:0:0:${inverted}`,
      `2606:4700::5efe:${hex}`,
    ].map((literal) => `[${literal}]`),
  ]
}

test('property: every notation of every inner address is denied', async () => {
  await fc.assert(
    fc.asyncProperty(inner, async (address) => {
      for (const host of notations(address)) await expectDenied(`http://${host}/`)
    }),
    { numRuns: 150 },
  )
})

test('property: of any IPv4 address no notation but the canonical one is called, and that one only where it is public', async () => {
  const isInner = (address: number) =>
    INNER.some(([base, bits]) => Math.floor(address / 2 ** (32 - bits)) === Math.floor(base / 2 ** (32 - bits)))
  await fc.assert(
    fc.asyncProperty(fc.nat(0xffffffff), async (address) => {
      const [canonical = '', ...others] = notations(address)
      for (const host of others) await expectDenied(`http://${host}/`)
      const answer = await refused(outwards.fetch(`http://${canonical}/`, { reply: 'discard' }))
      if (isInner(address)) expect(answer).toMatch(/^outbound_denied/)
      else expect(dialled.every((dial) => JSON.stringify(dial).includes(`"host":"${canonical}"`))).toBe(true)
      dialled.length = 0
    }),
    { numRuns: 150 },
  )
})

describe.skipIf(VECTORS === undefined)('published SSRF payloads (skipped without VECTORS)', () => {
  const folder = join(VECTORS ?? '', 'payloads', 'Server Side Request Forgery')
  const text =
    VECTORS === undefined
      ? ''
      : ['README.md', 'SSRF-Cloud-Instances.md', 'SSRF-Advanced-Exploitation.md']
          .map((name) => readFileSync(join(folder, name), 'utf8'))
          .join('\n')
  const fences = [...text.matchAll(/```\w*\n(.*?)```/gs)].flatMap(
    (match) => match[1]?.match(/\b(?:https?|file|gopher|dict|sftp|tftp|ldap|netdoc|jar|ftp|0):\S+/gi) ?? [],
  )
  const inline = [...text.matchAll(/`([a-z0-9]+:[^`\n]+)`/g)].map((match) => match[1] ?? '')
  const payloads = [...new Set([...fences, ...inline].map((payload) => payload.replace(/["')]+$/, '')))]

  test('each is denied and nothing is dialled', async () => {
    expect(payloads.length).toBeGreaterThan(80)
    for (const payload of payloads) await expectDenied(payload, inwards)
  })
})
