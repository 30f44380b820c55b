import type { RequestListener, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { type Attack, broken, HELD, Inconclusive, refused, succeeded, type Verdict } from '../attack.ts'
import { type Consumer, type Delivery, MAX_ANSWER_BYTES, signature } from '../consumer.ts'
import type { Answer } from '../http-client.ts'

type Api10 = Attack<Consumer>

const GOOD = { rate: 1.25, label: 'euro to dollar' }

const answers =
  (body: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body))
  }

/** The upstream behaves first, so that what follows is not refused for something else. */
async function works(consumer: Consumer): Promise<void> {
  consumer.upstream = answers(GOOD)
  const answer = await consumer.askRate()
  if (!succeeded(answer) || answer.json.rate !== GOOD.rate) throw new Inconclusive(`${answer.status} ${answer.text}`)
}

/** Whatever the upstream does here, nothing of it is kept or shown, and the caller hears of a failed upstream. */
async function nothingBelieved(
  consumer: Consumer,
  misdeeds: Readonly<Record<string, RequestListener>>,
): Promise<Verdict> {
  await works(consumer)
  for (const [what, upstream] of Object.entries(misdeeds)) {
    const before = consumer.kept.length
    consumer.upstream = upstream
    const answer = await consumer.askRate()
    if (consumer.kept.length !== before) return broken(`${what}: it was kept`, answer)
    if (succeeded(answer) || !['upstream_failed', 'outbound_denied'].includes(answer.json?.code))
      return broken(what, answer)
    if (`${answer.text}${JSON.stringify(answer.headers)}`.includes(consumer.nonce))
      return broken(`${what}: it was shown`, answer)
  }
  await works(consumer)
  return HELD
}

const hostile: Api10 = {
  number: 125,
  title: 'hostile values, and members that nobody asked for, are neither stored nor reflected',
  run: (consumer) => {
    const { nonce } = consumer
    const labels = [
      `<script>${nonce}</script>`,
      `'; DROP TABLE rates; -- ${nonce}`,
      `\${${nonce}}`,
      `${nonce}\r\nX-Injected: 1`,
      `${nonce}\u0000`,
      'a'.repeat(41),
      '',
      null,
      7,
      [nonce],
      { nonce },
    ]
    const bodies = [
      ...labels.map((label) => ({ ...GOOD, label })),
      { ...GOOD, isAdmin: true, nonce },
      `{"__proto__":{"nonce":"${nonce}"},"rate":1,"label":"x"}`,
      `{"rate":1,"label":"x","constructor":{"nonce":"${nonce}"}}`,
    ]
    return nothingBelieved(
      consumer,
      Object.fromEntries(bodies.map((body, index) => [`body ${index}`, answers(body, { 'x-nonce': nonce })])),
    )
  },
}

const schema: Api10 = {
  number: 128,
  title: 'answers that break their schema, or are none',
  run: (consumer) => {
    const { nonce } = consumer
    const bodies: readonly unknown[] = [
      {},
      [],
      null,
      'null',
      '',
      '{',
      `"${nonce}"`,
      { rate: '1', label: 'x' },
      { rate: -1, label: 'x' },
      { rate: 1e9, label: 'x' },
      '{"rate":NaN,"label":"x"}',
      '{"rate":1e999,"label":"x"}',
      { label: 'x' },
      [GOOD],
      { error: nonce },
      `${JSON.stringify(GOOD)}${nonce}`,
      Buffer.from([0xff, 0xfe, 0x7b]),
      Buffer.from(JSON.stringify(GOOD), 'utf16le'),
    ]
    const typed = [
      'text/html',
      'text/plain',
      'application/xml',
      'application/json; charset=utf-16',
      'application/jsonp',
      '',
    ].map((type) => [`type ${type}`, answers(GOOD, { 'content-type': type })] as const)
    const statuses = [201, 204, 304, 400, 401, 404, 418, 500, 503]
      .filter((status) => status !== 201)
      .map(
        (status) =>
          [
            `status ${status}`,
            answers(status === 204 || status === 304 ? '' : { ...GOOD, label: nonce }, {}, status),
          ] as const,
      )
    return nothingBelieved(consumer, {
      ...Object.fromEntries(bodies.map((body, index) => [`body ${index}`, answers(body)])),
      ...Object.fromEntries([...typed, ...statuses]),
      compressed: answers(gzipSync(JSON.stringify(GOOD)), { 'content-encoding': 'gzip' }),
    })
  },
}

const drip =
  (write: (response: ServerResponse) => void): RequestListener =>
  (_request, response) => {
    const timer = setInterval(() => write(response), 20)
    response.on('close', () => clearInterval(timer))
  }

const unbounded: Api10 = {
  number: 126,
  title: 'answers that are too large, endless, slow, cut short, or never come',
  async run(consumer) {
    let sent = 0
    let closed = 0
    const watched =
      (upstream: RequestListener): RequestListener =>
      (request, response) => {
        response.on('close', () => closed++)
        upstream(request, response)
      }
    const misdeeds: Readonly<Record<string, RequestListener>> = {
      'one byte too much': answers(JSON.stringify(GOOD).padEnd(MAX_ANSWER_BYTES + 1)),
      endless: (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const pour = () => {
          while (!response.destroyed && sent < 50_000_000 && response.write(' '.repeat(65_536))) sent += 65_536
        }
        response.on('drain', pour)
        pour()
      },
      'headers without end': (_request, response) =>
        void response.writeHead(200, { 'content-type': 'application/json', 'x-long': 'a'.repeat(40_000) }).end(),
      'slow body': (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        drip((slow) => slow.write(' '))(request, response)
      },
      'no answer': () => {},
      'cut short': (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"rate":1', () => response.destroy())
      },
      'no HTTP': (_request, response) => void response.socket?.end('not HTTP at all\r\n\r\n'),
      'hung up': (_request, response) => void response.socket?.destroy(),
    }
    const entries = Object.entries(misdeeds).map(([what, upstream]) => [what, watched(upstream)] as const)
    const verdict = await nothingBelieved(consumer, Object.fromEntries(entries))
    if (verdict !== HELD) return verdict
    // What the sockets between hold, and no more.
    if (sent > 20_000_000) return broken(`${sent} bytes were taken of an endless answer`)
    return closed === entries.length ? HELD : broken(`${entries.length - closed} connections are still open`)
  },
}

const largest: Api10 = {
  number: 126,
  title: 'the largest answer that is allowed is taken',
  async run(consumer) {
    consumer.upstream = answers(JSON.stringify(GOOD).padEnd(MAX_ANSWER_BYTES))
    const answer = await consumer.askRate()
    return succeeded(answer) ? HELD : broken('the control', answer)
  },
}

const redirected: Api10 = {
  number: 127,
  title: 'a redirect to a host that nobody declared is not followed, and no credential goes there (lesson 16)',
  async run(consumer) {
    const { neighbour } = consumer
    const places = [
      `${neighbour.origin}/rate`,
      neighbour.origin.replace('https:', 'http:'),
      `//${neighbour.origin.slice(8)}/rate`,
      'http://169.254.169.254/latest/',
      'file:///etc/passwd',
      `https://user:pw@${neighbour.origin.slice(8)}/`,
      '',
      'javascript:1',
    ]
    const statuses = [301, 302, 303, 307, 308]
    const misdeeds = places.flatMap((location) =>
      statuses.map((status) => [`${status} ${location}`, answers('', { location }, status)] as const),
    )
    const verdict = await nothingBelieved(consumer, {
      ...Object.fromEntries(misdeeds),
      'round and round': answers('', { location: '/rate' }, 302),
    })
    if (verdict !== HELD) return verdict
    return neighbour.connections === 0 ? HELD : broken(`${neighbour.connections} connections to the other host`)
  },
}

const redirectedWithin: Api10 = {
  number: 127,
  title: 'a redirect within the declared origin is followed, once',
  async run(consumer) {
    const seen: (string | undefined)[] = []
    consumer.upstream = (request, response) => {
      seen.push(request.url)
      if (request.url === '/rate') response.writeHead(302, { location: '/v2/rate' }).end()
      else answers(GOOD)(request, response)
    }
    const answer = await consumer.askRate()
    return succeeded(answer) && seen.join() === '/rate,/v2/rate' ? HELD : broken('the control', answer)
  },
}

export const upstreamAttacks: readonly Api10[] = [hostile, unbounded, largest, redirected, redirectedWithin, schema]

const EVENT = { type: 'paid', amount: 100 } as const

/** Each gets the same refusal, and no handler hears of it. */
async function noneReceived(
  consumer: Consumer,
  deliveries: readonly (readonly [what: string, delivery: Delivery])[],
  statuses: readonly number[] = [401],
): Promise<Verdict> {
  const control = await consumer.deliver(consumer.signed({ ...EVENT, amount: consumer.received.length }))
  if (control.status !== 204) throw new Inconclusive(`the real sender: ${control.status} ${control.text}`)
  for (const [what, delivery] of deliveries) {
    const before = consumer.received.length
    const answer = await consumer.deliver(delivery)
    if (consumer.received.length !== before) return broken(`${what}: it was taken`, answer)
    if (!refused(answer) || !statuses.includes(answer.status)) return broken(what, answer)
  }
  return HELD
}

const forged: Api10 = {
  number: 129,
  title: 'a signature that is forged, missing, of another text, key or spelling',
  run: (consumer) => {
    const real = consumer.signed(EVENT)
    const [time = '', mac = ''] = real.headers.map(([, value]) => value)
    const withMac = (value: string): Delivery => ({
      ...real,
      headers: [
        ['X-Timestamp', time],
        ['X-Signature', value],
      ],
    })
    const unknown = 'another secret of thirty-two characters'
    return noneReceived(consumer, [
      ['no headers', { ...real, headers: [] }],
      ['no signature', { ...real, headers: [['X-Timestamp', time]] }],
      ['no time', { ...real, headers: [['X-Signature', mac]] }],
      ['an empty signature', withMac('')],
      ['zeros', withMac('0'.repeat(64))],
      ['another secret', consumer.signed(EVENT, { secret: unknown })],
      ['an empty secret', consumer.signed(EVENT, { secret: '' })],
      ['the body alone', withMac(signature(unknown, real.body))],
      ['one digit changed', withMac(`${mac.startsWith('0') ? '1' : '0'}${mac.slice(1)}`)],
      ['one digit less', withMac(mac.slice(1))],
      ['capitals', withMac(mac.toUpperCase())],
      ['a scheme before it', withMac(`sha256=${mac}`)],
      ['base64', withMac(Buffer.from(mac, 'hex').toString('base64'))],
      ['two in one', withMac(`${mac}, ${mac}`)],
      [
        'under another name',
        {
          ...real,
          headers: [
            ['X-Timestamp', time],
            ['X-Hub-Signature-256', mac],
            ['X_Signature', mac],
          ],
        },
      ],
      ['in the query only', { ...real, headers: [['X-Timestamp', time]] }],
    ])
  },
}

const changed: Api10 = {
  number: 129,
  title: 'a body or a time that changed under its signature',
  run: (consumer) => {
    const real = consumer.signed(EVENT)
    const [time = '', mac = ''] = real.headers.map(([, value]) => value)
    const headers = (at: string) =>
      [
        ['X-Timestamp', at],
        ['X-Signature', mac],
      ] as const
    const bodies = [
      real.body.replace('100', '999'),
      ` ${real.body}`,
      `${real.body}\n`,
      real.body.replace(':', ': '),
      '{"amount":100,"type":"paid"}',
      real.body.replace('paid', 'p\\u0061id'),
      '{}',
      '',
    ]
    return noneReceived(consumer, [
      ...bodies.map((body) => [`body ${JSON.stringify(body)}`, { body, headers: headers(time) }] as const),
      ...[String(Number(time) + 1), `0${time}`, `${time}0`, `${time}.0`, `+${time}`, '', '1e9', `-${time}`].map(
        (at) => [`time ${at}`, { body: real.body, headers: headers(at) }] as const,
      ),
    ])
  },
}

const late: Api10 = {
  number: 130,
  title: 'a delivery that is too old, or from the future',
  run: (consumer) =>
    noneReceived(
      consumer,
      [301, 3600, 1_000_000, -301, -86_400].map((secondsAgo) => [
        `${secondsAgo} s`,
        consumer.signed({ ...EVENT, amount: 77 }, { secondsAgo }),
      ]),
    ),
}

const replayed: Api10 = {
  number: 130,
  title: 'a delivery is taken once: again, at once, in parallel, and until it is too old',
  async run(consumer) {
    const { received, clock } = consumer
    const delivery = consumer.signed({ ...EVENT, amount: 4242 })
    const count = () => received.filter((event) => JSON.stringify(event).includes('4242')).length
    const parallel = await Promise.all(Array.from({ length: 20 }, () => consumer.deliver(delivery)))
    const taken = parallel.filter(({ status }) => status === 204).length
    const refusedOnes = parallel.filter(({ status }) => status === 409).length
    if (taken !== 1 || refusedOnes !== 19 || count() !== 1)
      return broken(`${taken} taken, ${refusedOnes} refused, ${count()} heard`)
    for (const seconds of [0, 1, 61, 238, 1, 300]) {
      clock.advance(seconds * 1000)
      const again = await consumer.deliver(delivery)
      if (!refused(again) || count() !== 1) return broken('it was taken again', again)
    }
    return HELD
  },
}

const failedOnce: Api10 = {
  number: 130,
  title: 'a delivery whose handler failed may be sent again',
  async run(consumer) {
    const delivery = consumer.signed({ ...EVENT, amount: 31 })
    consumer.failOnce()
    const failed = await consumer.deliver(delivery)
    if (failed.status !== 500 || failed.text.includes('handler')) return broken('the failure', failed)
    const again: Answer = await consumer.deliver(delivery)
    return again.status === 204 ? HELD : broken('it was lost', again)
  },
}

const wrongContent: Api10 = {
  number: 128,
  title: 'a delivery of the real sender that breaks its schema',
  run: (consumer) =>
    noneReceived(
      consumer,
      [
        {},
        [],
        null,
        { type: 'hacked', amount: 1 },
        { ...EVENT, amount: -1 },
        { ...EVENT, isAdmin: true },
        { ...EVENT, amount: '1' },
      ].map((body) => [JSON.stringify(body), consumer.signed(body)]),
      [400],
    ),
}

export const webhookAttacks: readonly Api10[] = [forged, changed, late, replayed, failedOnce, wrongContent]
