import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { type Attack, broken, control, HELD, refused, type Verdict } from '../attack.ts'
import type { Target } from '../harness.ts'
import type { Answer } from '../http-client.ts'
import { NOBODY } from '../people.ts'

type Api4 = Attack<Target>

const CREATE = 'POST /api/v1/invoices'
const LIST = '/api/v1/invoices'
/** Declared for the old version of reading. */
const V0_LIMIT = 30
const old = ({ canaries: { alice } }: Target) => `/api/v0/invoices/${alice.id}`

/** Spends what the minute still holds, and says what the call after it got. */
async function exhaust(call: () => Promise<Answer>, limit: number): Promise<Answer> {
  for (let calls = 0; calls < limit; calls++) {
    const answer = await call()
    if (answer.status === 429) return answer
  }
  return call()
}

/** The server refused, and serves the next request: whatever was sent did not kill or block it. */
async function refusedAlive(target: Target, status: number, what: string, answer: Answer): Promise<Verdict> {
  control(await target.call(`GET ${LIST}`, { as: target.alice }), 'the request after it')
  return answer.status === status ? HELD : broken(what, answer)
}

const burst: Api4 = {
  number: 66,
  title: 'a burst beyond the declared limit, for users and for nobody',
  async run(target) {
    target.clock.advance(61_000)
    for (let calls = 0; calls < V0_LIMIT; calls++)
      control(await target.call(`GET ${old(target)}`, { as: target.alice, patient: false }), `call ${calls}`)
    const over = await target.call(`GET ${old(target)}`, { as: target.alice, patient: false })
    if (over.status !== 429) return broken('the burst was served', over)
    control(await target.call(`GET ${LIST}`, { as: target.alice, patient: false }), 'another endpoint')
    const nobody = await exhaust(() => target.call('GET /openapi.json', { patient: false }), 60)
    return nobody.status === 429 ? HELD : broken('the burst of nobody was served', nobody)
  },
}

const parallelBurst: Api4 = {
  number: 66,
  title: 'the same burst all at once counts exactly',
  async run(target) {
    target.clock.advance(61_000)
    const answers = await Promise.all(
      Array.from({ length: V0_LIMIT + 10 }, () =>
        target.call(`GET ${old(target)}`, { as: target.alice, patient: false }),
      ),
    )
    const served = answers.filter(({ status }) => status === 200).length
    const limited = answers.filter(({ status }) => status === 429).length
    return served === V0_LIMIT && limited === 10 ? HELD : broken(`${served} were served and ${limited} limited`)
  },
}

const FORWARDING = [
  'X-Forwarded-For',
  'Forwarded',
  'X-Real-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'Fastly-Client-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'X-Originating-IP',
  'X-Remote-Addr',
  'X-Forwarded',
  'X_Forwarded_For',
  'Via',
]

const forwarded: Api4 = {
  number: 67,
  title: 'another forwarded address for each call (lesson 7)',
  async run(target) {
    target.clock.advance(61_000)
    for (const [path, as, limit] of [
      ['/openapi.json', NOBODY, 60],
      [LIST, NOBODY, 100],
      [old(target), target.alice, V0_LIMIT],
    ] as const) {
      const call = (headers: Readonly<Record<string, string>> = {}) =>
        target.call(`GET ${path}`, { as, headers, patient: false })
      if ((await exhaust(() => call(), limit)).status !== 429) return broken(`${path} has no limit`)
      for (const [index, name] of FORWARDING.entries()) {
        const address = name === 'Forwarded' ? `for=203.0.113.${index};proto=https` : `203.0.113.${index}`
        for (const value of [address, `127.0.0.1, ${address}`]) {
          const answer = await call({ [name]: value })
          if (answer.status !== 429) return broken(`${name}: ${value} starts another budget`, answer)
        }
      }
    }
    return HELD
  },
}

const pathVariants: Api4 = {
  number: 68,
  title: 'another spelling of the path, or another query, for each call',
  async run(target) {
    target.clock.advance(61_000)
    const path = old(target)
    const call = (target_: string) => target.call(`GET ${target_}`, { as: target.alice, patient: false })
    if ((await exhaust(() => call(path), V0_LIMIT)).status !== 429) return broken('there is no limit')
    const { id } = target.canaries.alice
    const variants = [
      `${path}/`,
      `/${path}`,
      `/api//v0/invoices/${id}`,
      `/api/./v0/invoices/${id}`,
      `/api/x/../v0/invoices/${id}`,
      `/API/v0/invoices/${id}`,
      `/api/v0/Invoices/${id}`,
      `/api/v0/invoices/${id.toUpperCase()}`,
      `/api/%76%30/invoices/${id}`,
      `/api/v0/invoices/%${id.charCodeAt(0).toString(16)}${id.slice(1)}`,
      `${path};x=1`,
      `${path}.json`,
      `${path}%20`,
      `${path}%00`,
      `${path}?`,
      `${path}?x=1`,
      `http://127.0.0.1${path}`,
    ]
    for (const variant of variants) {
      const answer = await call(variant)
      if (answer.status < 400 || answer.status >= 500) return broken(`${variant} starts another budget`, answer)
      if (answer.text.includes(target.canaries.alice.title)) return broken(`${variant} shows the object`, answer)
    }
    const head = await target.call(`HEAD ${path}`, { as: target.alice, patient: false })
    return head.status === 429 ? HELD : broken('HEAD has a budget of its own', head)
  },
}

const retryAfter: Api4 = {
  number: 69,
  title: 'a 429 says when to come back, and means it',
  async run(target) {
    target.clock.advance(61_000)
    const call = () => target.call(`GET ${old(target)}`, { as: target.alice, patient: false })
    const over = await exhaust(call, V0_LIMIT)
    const seconds = Number(over.headers['retry-after'])
    if (over.status !== 429 || !(seconds >= 1 && seconds <= 60)) return broken('no Retry-After', over)
    const [, rest = ''] = /^"principal";r=0;t=(\d+)$/.exec(over.headers.ratelimit ?? '') ?? []
    if (rest === '' || Number(rest) > seconds) return broken('RateLimit is missing or later than Retry-After', over)
    if (over.headers['ratelimit-policy'] !== `"principal";q=${V0_LIMIT};w=60`) return broken('no policy', over)
    target.clock.advance(seconds * 1000)
    control(await call(), 'after Retry-After')
    return HELD
  },
}

const pageSize: Api4 = {
  number: 70,
  title: 'page sizes that are huge, negative, zero or spelled oddly',
  async run(target) {
    const sizes = [
      '0',
      '-1',
      '101',
      '1000000000',
      '1e9',
      '1e1',
      '20 ',
      '%2020',
      '20%20',
      '+20',
      '%2B20',
      '020',
      '0x14',
      '20.0',
      '20.5',
      '2_0',
      '',
      'NaN',
      'Infinity',
      'null',
      'true',
      '9007199254740993',
      '99999999999999999999',
      '%D9%A2%D9%A0',
      '%00',
      '20%00',
      '20&limit=100',
      '[20]',
    ]
    for (const size of sizes) {
      // Node's client does not send a raw space; a raw socket does, in the tests of framing.
      const answer = await target.call(`GET ${LIST}?limit=${size.replace(' ', '%20')}`, { as: target.alice })
      if (!refused(answer) || answer.status !== 400) return broken(`limit=${size}`, answer)
    }
    for (const name of ['Limit', 'limit[]', 'per_page', 'size', 'offset', 'page']) {
      const answer = await target.call(`GET ${LIST}?${name}=1000000`, { as: target.alice })
      if (!refused(answer)) return broken(`${name} was taken`, answer)
    }
    const most = control(await target.call(`GET ${LIST}?limit=100`, { as: target.alice }))
    return most.json.items.length <= 100 ? HELD : broken('more than the largest page', most)
  },
}

const JSON_TYPE = ['Content-Type', 'application/json'] as const

const oversized: Api4 = {
  number: 71,
  title: 'a body above its cap, declared, chunked, or declared larger than it is (lesson 30)',
  async run(target) {
    const text = JSON.stringify({ title: 'x', total: 1, filler: 'a'.repeat(70_000) })
    const framings: readonly (readonly (readonly [string, string])[])[] = [[], [['Transfer-Encoding', 'chunked']]]
    for (const framing of framings) {
      const answer = await target.call(CREATE, { as: target.alice, headers: [JSON_TYPE, ...framing], body: text })
      const verdict = await refusedAlive(target, 413, 'an oversized body', answer)
      if (verdict !== HELD) return verdict
    }
    const unwanted = await target.call(`GET ${LIST}`, { as: target.alice, body: text, headers: [JSON_TYPE] })
    return refusedAlive(target, 400, 'a body where none is wanted', unwanted)
  },
}

const depth: Api4 = {
  number: 72,
  title: 'JSON that is nested 33, 1,000 and 10,000 deep',
  async run(target) {
    for (const levels of [32, 1000, 10_000]) {
      for (const [open, close] of [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const) {
        const nested = `${open.repeat(levels)}1${close.repeat(levels)}`
        const answer = await target.call(CREATE, { as: target.alice, body: `{"title":"x","total":${nested}}` })
        // Refused for its depth, before any schema walks down into it.
        if (answer.json?.code !== 'bad_json') return broken(`${levels} levels of ${open} were parsed`, answer)
        const verdict = await refusedAlive(target, 400, `${levels} levels of ${open}`, answer)
        if (verdict !== HELD) return verdict
      }
    }
    return HELD
  },
}

const arrays: Api4 = {
  number: 73,
  title: 'arrays above their largest size',
  needs: 'users',
  async run(target) {
    const make = (length: number) =>
      target.call('POST /api/v1/api-keys', {
        as: target.alice,
        body: { name: 'many', scopes: Array.from({ length }, () => 'invoices:read') },
      })
    control(await make(32), 'the largest array')
    for (const length of [33, 1000]) {
      const answer = await make(length)
      const verdict = await refusedAlive(target, 400, `${length} items`, answer)
      if (verdict !== HELD) return verdict
    }
    return HELD
  },
}

const strings: Api4 = {
  number: 74,
  title: 'strings above their largest length, in body, query, path and headers',
  async run(target) {
    const create = (title: string) => target.call(CREATE, { as: target.alice, body: { title, total: 1 } })
    // Lengths are code points on the way in and on the way out: what one side takes and the other refuses would break every list it is in.
    for (const title of ['é'.repeat(200), '\u{1F600}'.repeat(200)]) {
      const made = control(await create(title), 'the longest title')
      if (made.json.title !== title) return broken('the longest title changed', made)
    }
    for (const title of ['a'.repeat(201), 'a'.repeat(60_000), '\u{1F600}'.repeat(201), ' '.repeat(60_000)]) {
      const answer = await create(title)
      const verdict = await refusedAlive(target, 400, `a title of ${title.length}`, answer)
      if (verdict !== HELD) return verdict
    }
    const long = 'a'.repeat(9000)
    const sent: readonly (readonly [number, Answer])[] = [
      [414, await target.call(`GET ${LIST}?after=${long}`, { as: target.alice })],
      [414, await target.call(`GET ${LIST}/${long}`, { as: target.alice })],
      [400, await target.call(`GET ${LIST}?after=${'a'.repeat(4000)}`, { as: target.alice })],
      [431, await target.call(`GET ${LIST}`, { as: target.alice, headers: { 'X-Long': 'a'.repeat(17_000) } })],
      [431, await target.call(`GET ${LIST}`, { as: target.alice, headers: { 'X-Longer': 'a'.repeat(60_000) } })],
      [
        431,
        await target.call(`GET ${LIST}`, {
          as: target.alice,
          headers: Array.from({ length: 120 }, (_, at) => [`X-${at}`, 'a'] as const),
        }),
      ],
    ]
    for (const [status, answer] of sent) {
      const verdict = await refusedAlive(target, status, 'an over-long request', answer)
      if (verdict !== HELD) return verdict
    }
    return HELD
  },
}

const compressed: Api4 = {
  number: 76,
  title: 'a bomb that inflates, and every other content coding (lesson 30)',
  async run(target) {
    const text = JSON.stringify({ title: 'x', total: 1, filler: 'a'.repeat(30_000_000) })
    const small = JSON.stringify({ title: 'x', total: 1 })
    const bodies: readonly (readonly [string, Uint8Array | string])[] = [
      ['gzip', gzipSync(text)],
      ['gzip', gzipSync(small)],
      ['deflate', deflateSync(small)],
      ['br', brotliCompressSync(small)],
      ['gzip, gzip', gzipSync(gzipSync(small))],
      ['x-gzip', gzipSync(small)],
      ['zstd', small],
      ['identity, gzip', gzipSync(small)],
      ['GZIP', gzipSync(small)],
    ]
    for (const [coding, body] of bodies) {
      const answer = await target.call(CREATE, {
        as: target.alice,
        headers: [JSON_TYPE, ['Content-Encoding', coding]],
        body,
      })
      const verdict = await refusedAlive(target, 415, coding, answer)
      if (verdict !== HELD) return verdict
    }
    return HELD
  },
}

export const api4: readonly Api4[] = [
  burst,
  parallelBurst,
  forwarded,
  pathVariants,
  retryAfter,
  pageSize,
  oversized,
  depth,
  arrays,
  strings,
  compressed,
]
