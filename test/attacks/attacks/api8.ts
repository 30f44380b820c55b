import { exchange, openSocket } from '../../server/raw-socket.ts'
import { type Attack, broken, control, HELD, Inconclusive, refused, sameAnswer, type Verdict } from '../attack.ts'
import type { Target } from '../harness.ts'
import type { Answer } from '../http-client.ts'

type Api8 = Attack<Target>

const LIST = '/api/v1/invoices'
const own = ({ canaries: { alice } }: Target) => `${LIST}/${alice.id}`

/** What every answer says, whatever it is (OWASP Secure Headers). Plain HTTP: HSTS is for TLS alone. */
const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '0',
}
/** They tell what software and which machine answers. */
const TELLTALE = [
  'server',
  'x-powered-by',
  'via',
  'x-aspnet-version',
  'x-runtime',
  'x-backend-server',
  'x-served-by',
  'x-generator',
]

/** What is wrong with the headers of an answer, or null. */
export function headerFault(answer: Pick<Answer, 'headers'>): string | null {
  for (const [name, value] of Object.entries(HEADERS))
    if (answer.headers[name] !== value) return `${name}: ${answer.headers[name]}`
  for (const name of TELLTALE) if (answer.headers[name] !== undefined) return `${name}: ${answer.headers[name]}`
  return null
}

/** Words of stack traces, of databases and their statements, of files and of what the code is made of. */
const INTERNALS =
  /\bat [\w.<>]+ \(|node:|node_modules|\.[jt]s\b|\/src\/|\/home\/|\/tmp\/|Error:|TypeError|RangeError|stack|select |insert into|syntax error|PGlite|postgres|kysely|pg_|SQLSTATE|zod|undefined|\[object|ECONN|ENOENT|argon2|fastify/i

/** What an answer shows that no caller should see, or null. */
export const internalsIn = ({ text }: Pick<Answer, 'text'>): string | null => INTERNALS.exec(text)?.[0] ?? null

const everyStatus: Api8 = {
  number: 107,
  title: 'security headers, and no name of the server, on every status (106, 111)',
  async run(target) {
    const { alice, bob } = target
    const path = own(target)
    const seen = new Map<number, Answer>()
    const note = async (call: Promise<Answer>) => {
      const answer = await call
      seen.set(answer.status, answer)
      return answer
    }
    const post = (body: unknown, headers = {}) => target.call(`POST ${LIST}`, { as: alice, body, headers })
    await note(target.call(`GET ${path}`, { as: alice }))
    const made = await note(post({ title: 'x', total: 1 }))
    await note(target.call(`DELETE ${LIST}/${made.json.id}`, { as: alice }))
    await note(post('{'))
    await note(target.call(`GET ${path}`))
    await note(target.call(`GET ${path}`, { headers: { Authorization: 'Bearer garbage' } }))
    await note(target.call('GET /metrics', { as: alice }))
    await note(target.call(`GET ${path}`, { as: bob }))
    await note(target.call('GET /no/such/path', { as: alice }))
    await note(target.call(`PUT ${path}`, { as: alice, body: {} }))
    await note(
      target.call(`OPTIONS ${path}`, {
        headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' },
      }),
    )
    await note(post({ title: 'x', filler: 'a'.repeat(70_000) }))
    await note(target.call(`GET /${'a'.repeat(9000)}`))
    await note(post('title=x', { 'Content-Type': 'application/x-www-form-urlencoded' }))
    await note(target.call(`GET ${path}`, { as: alice, headers: { Expect: 'a-miracle' } }))
    await note(target.call(`POST ${path}/webhook-test`, { as: alice, body: { url: 'https://127.0.0.1/' } }))
    await note(target.call(`GET ${path}`, { as: alice, headers: { 'X-Long': 'a'.repeat(20_000) } }))
    await note(target.call(`PROPFIND ${path}`, { as: alice }))
    await note(target.call(`HEAD ${path}`, { as: alice }))
    for (let calls = 0; calls < 31; calls++)
      await note(target.call(`GET /api/v0/invoices/${target.canaries.alice.id}`, { as: alice, patient: false }))
    const wanted = [200, 201, 204, 400, 401, 403, 404, 405, 413, 414, 415, 417, 422, 429, 431, 501]
    const missing = wanted.filter((status) => !seen.has(status))
    if (missing.length > 0) throw new Inconclusive(`no answer with ${missing.join(', ')}`)
    for (const answer of target.answers) {
      const fault = headerFault(answer)
      if (fault !== null && !answer.sent.target.startsWith('/docs')) return broken(fault, answer)
      if (
        answer.status >= 400 &&
        answer.text !== '' &&
        !answer.headers['content-type']?.startsWith('application/problem+json')
      )
        return broken('no problem document', answer)
    }
    return HELD
  },
}

const MALFORMED = [
  '',
  ' ',
  '{',
  '}',
  '[',
  ']',
  '"',
  'nul',
  'tru',
  '{"title"',
  '{"title":',
  '{"title":"x"',
  '{"title":"x",}',
  "{'title':'x'}",
  '{title:"x"}',
  '{"title":"x"}}',
  '{"title":"x"}{"total":1}',
  '{"title":"x"} x',
  '// x\n{}',
  '{"title":/**/"x"}',
  '{"title":"\u0001"}',
  '{"title":"\\x41"}',
  '{"title":"\\u12"}',
  '{"title":"\\ud800","total":1}',
  '{"title":"x","total":NaN}',
  '{"title":"x","total":0x1}',
  '{"title":"x","total":01}',
  '{"title":"x","total":1.}',
  '{"title":"x","total":.5}',
  '{"title":"x","total":+1}',
  '{"title":"x","total":1e}',
  '\ufeff{"title":"x","total":1}',
  'null',
  '1',
  '"x"',
  '[]',
  'true',
  '[{"title":"x","total":1}]',
  '<xml/>',
  'title=x&total=1',
  '{"title":"x","total":1e400}',
  '{"__proto__":{"isAdmin":true},"title":"x","total":1}',
  '{"constructor":{"prototype":{}},"title":"x","total":1}',
  '{"title":"x","title":"y","total":1}',
  '\u0000',
  '{"title":"x\u0000","total":1}',
] as const

const malformed: Api8 = {
  number: 110,
  title: 'malformed JSON and bytes that are no text get 4xx, and say nothing of the parser (109)',
  async run(target) {
    const bytes = [
      Buffer.from([0xff, 0xfe, 0x00]),
      Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
      Buffer.from('{"title":"x","total":1}', 'utf16le'),
      Buffer.from([0xed, 0xa0, 0x80]),
    ]
    for (const body of [...MALFORMED, ...bytes]) {
      for (const route of [`POST ${LIST}`, `PATCH ${own(target)}`]) {
        const answer = await target.call(route, { as: target.alice, body })
        if (!refused(answer) || answer.status !== 400) return broken(`the body ${body}`, answer)
        const internal = internalsIn(answer)
        if (internal !== null) return broken(`it shows "${internal}"`, answer)
      }
    }
    return HELD
  },
}

const contentTypes: Api8 = {
  number: 110,
  title: 'odd content types are validated as JSON or refused as 415 (lesson 6)',
  async run(target) {
    const body = '{"title":"","total":-1}'
    const types = [
      'text/plain',
      'text/json',
      'application/json5',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
      'application/jsonp',
      'application/json, text/plain',
      'application/json;',
      'application/json; charset=utf-7',
      'application/json; charset=utf-16',
      'application/json; charset="utf-8',
      ' application/json',
      'application/json ',
      'APPLICATION/JSON',
      'application/JSON; CHARSET=UTF-8',
      'application /json',
      'application/json\t; x=y',
      'application/merge-patch+json',
      'application/vnd.api+json',
      '*/*',
      'json',
      '/',
      '',
      'application/json; charset=utf-8; charset=utf-7',
    ]
    for (const type of types) {
      const answer = await target.call(`POST ${LIST}`, { as: target.alice, body, headers: { 'Content-Type': type } })
      // Either way the invalid body must not have become an invoice.
      if (!refused(answer) || (answer.status !== 415 && answer.json?.code !== 'invalid_input'))
        return broken(`"${type}"`, answer)
    }
    control(
      await target.call(`POST ${LIST}`, {
        as: target.alice,
        body: '{"title":"x","total":1}',
        headers: { 'Content-Type': 'Application/JSON; charset=UTF-8' },
      }),
    )
    return HELD
  },
}

const cors: Api8 = {
  number: 102,
  title: 'an origin that nobody allowed is reflected (103, 104, 105)',
  async run(target) {
    for (const origin of [
      'https://evil.example',
      'null',
      'https://billing.example',
      `http://127.0.0.1:${target.port}`,
      '*',
      'https://127.0.0.1',
    ]) {
      const headers = { Origin: origin }
      const answers = [
        control(await target.call(`GET ${own(target)}`, { as: target.alice, headers })),
        await target.call(`GET ${own(target)}`, { headers }),
        await target.call('GET /openapi.json', { headers }),
        await target.call(`OPTIONS ${LIST}`, {
          headers: {
            ...headers,
            'Access-Control-Request-Method': 'POST',
            'Access-Control-Request-Headers': 'authorization',
          },
        }),
      ]
      for (const answer of answers) {
        const allowed = answer.headerNames.filter((name) => name.startsWith('access-control-'))
        if (allowed.length > 0) return broken(`${origin} got ${allowed.join(', ')}`, answer)
        if (!answer.headers.vary?.split(/, */).includes('Origin'))
          return broken('no Vary: Origin, though it was denied', answer)
      }
    }
    return HELD
  },
}

const crossSite: Api8 = {
  number: 102,
  title: 'a browser elsewhere sends a write (Fetch Metadata)',
  async run(target) {
    const write = (headers: Readonly<Record<string, string>>) =>
      target.call(`PATCH ${own(target)}`, { as: target.alice, headers, body: { total: 4200 } })
    const here = `http://127.0.0.1:${target.port}`
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' },
      { 'Sec-Fetch-Site': 'CROSS-SITE' },
      { 'Sec-Fetch-Site': '' },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { Origin: `${here}.evil.example` },
      { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
      { Origin: here, 'Sec-Fetch-Site': 'cross-site' },
      { Origin: 'https://127.0.0.1' },
    ]) {
      const answer = await write(headers)
      if (!refused(answer) || answer.json?.code !== 'origin_denied') return broken(JSON.stringify(headers), answer)
    }
    for (const headers of [{}, { 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'none' }, { Origin: here }])
      control(await write(headers), JSON.stringify(headers))
    return HELD
  },
}

const trace: Api8 = {
  number: 112,
  title: 'TRACE, TRACK and CONNECT echo or tunnel nothing',
  async run(target) {
    const secret = 'echo-me-not'
    for (const method of ['TRACE', 'TRACK', 'CONNECT', 'DEBUG', 'trace', 'GETS']) {
      const url = `http://127.0.0.1:${target.port}`
      const text = await exchange(
        url,
        `${method} ${method === 'CONNECT' ? '127.0.0.1:22' : '/'} HTTP/1.1\r\nHost: x\r\nX-Secret: ${secret}\r\nConnection: close\r\n\r\n`,
      )
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1])
      if (!(status === 405 || status === 501 || status === 400) || text.includes(secret))
        return broken(`${method} answered ${text.slice(0, 200)}`)
    }
    return HELD
  },
}

const SQL = [
  ["' OR '1'='1", "' OR '1'='2"],
  ["' OR 1=1 -- ", "' OR 1=2 -- "],
  ["') OR ('1'='1", "') OR ('1'='2"],
  ['1 OR 1=1', '1 OR 1=2'],
  ["'||pg_sleep(0)||'", "'||pg_slee(0)||'"],
  ["'; SELECT 1; --", "'; SELEC 1; --"],
  ["' UNION SELECT NULL--", "' UNION SELEC NULL--"],
] as const

const sql: Api8 = {
  number: 113,
  title: 'SQL: a true and a false condition get the same answer, in path, query and body',
  async run(target) {
    const { alice } = target
    const before = (await target.call(`GET ${LIST}?limit=100`, { as: alice })).json.items.length
    const escaped = encodeURIComponent
    for (const [yes, no] of SQL) {
      const asks: readonly ((text: string) => Promise<Answer>)[] = [
        (text) => target.call(`GET ${LIST}/${escaped(text)}`, { as: alice }),
        (text) => target.call(`GET ${own(target)}${escaped(text)}`, { as: alice }),
        (text) => target.call(`GET ${LIST}?after=${escaped(text)}`, { as: alice }),
        (text) => target.call(`GET ${LIST}?limit=${escaped(text)}`, { as: alice }),
        (text) => target.call(`POST ${LIST}`, { as: alice, body: { title: 'x', total: text } }),
        (text) => target.call(`POST ${LIST}`, { as: alice, body: { title: 'x', total: 1, currency: text } }),
        ...(target.issuer
          ? []
          : [
              (text: string) =>
                target.call(`GET /api/v1/users/search?email=${escaped(`a${text}@example.com`)}`, { as: target.admin }),
              (text: string) => target.call('POST /api/v1/auth/refresh', { body: { refreshToken: text } }),
            ]),
      ]
      for (const ask of asks) {
        const [one, other] = [await ask(yes), await ask(no)]
        if (!sameAnswer(one, other)) return broken(`"${yes}" and "${no}" differ`, one)
        if (!refused(one)) return broken(`"${yes}" was served`, one)
        const internal = internalsIn(one)
        if (internal !== null) return broken(`it shows "${internal}"`, one)
      }
    }
    const after = (await target.call(`GET ${LIST}?limit=100`, { as: alice })).json.items.length
    return after === before ? HELD : broken('there are more invoices')
  },
}

const noSql: Api8 = {
  number: 113,
  title: 'operators, templates, commands, traversal and XML are data or refused',
  async run(target) {
    const operators: readonly unknown[] = [
      { $ne: null },
      { $gt: '' },
      { $regex: '.*' },
      { $where: 'sleep(1)' },
      { $in: [] },
      ['x'],
      { toString: 'x' },
    ]
    for (const value of operators) {
      const made = await target.call(`POST ${LIST}`, { as: target.alice, body: { title: value, total: 1 } })
      if (!refused(made) || made.status !== 400) return broken(JSON.stringify(value), made)
      if (target.issuer) continue
      const login = await target.call('POST /api/v1/auth/login', { body: { email: value, password: value } })
      if (!refused(login) || login.status !== 400) return broken(JSON.stringify(value), login)
    }
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: a template of another language.
    // Computed echoes: what is only data comes back as it was, never evaluated.
    const texts = [
      '{{7*191}}',
      '${7*191}',
      '<%= 7*191 %>',
      '#{7*191}',
      '*{7*191}',
      '$(expr 7 \\* 191)',
      '`expr 7 \\* 191`',
      '; echo 1337 #',
      '| echo 1337',
      '&& echo 1337',
      '../../../../etc/passwd',
      '..%2f..%2fetc%2fpasswd',
      '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
      '<script>alert(1337)</script>',
      "=cmd|' /C calc'!A0",
      '%n%n%s%x',
      '\\u0027',
    ]
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above.
    for (const title of texts) {
      const made = control(await target.call(`POST ${LIST}`, { as: target.alice, body: { title, total: 1 } }))
      const read = control(await target.call(`GET ${LIST}/${made.json.id}`, { as: target.alice }))
      for (const answer of [made, read]) {
        if (answer.json.title !== title) return broken('it came back as something else', answer)
        if (answer.headers['content-type'] !== 'application/json; charset=utf-8') return broken('not as JSON', answer)
      }
    }
    for (const name of [
      '..%2F..%2Fetc%2Fpasswd',
      '%2E%2E',
      '....//',
      '%c0%ae%c0%ae',
      'a%00b',
      'a%0Ab',
      'a%5Cb',
      '%ff',
      '%zz',
      '%',
      '%u0041',
    ]) {
      const answer = await target.call(`GET ${LIST}/${name}`, { as: target.alice })
      if (!refused(answer) || internalsIn(answer) !== null) return broken(name, answer)
    }
    return HELD
  },
}

const nul: Api8 = {
  number: 113,
  title: 'NUL and other controls in a text are stored as they are or refused, never a failure',
  async run(target) {
    for (const title of [
      'a\u0000b',
      '\u0000',
      'a\u0001b',
      'a\u001bb',
      '\u007f',
      'a\u0085b',
      '\u2028',
      '\ufffe',
      '\ufffd',
      '\u202e',
      '\u{10ffff}',
    ]) {
      const made = await target.call(`POST ${LIST}`, { as: target.alice, body: { title, total: 1 } })
      if (made.status === 201) {
        const read = control(await target.call(`GET ${LIST}/${made.json.id}`, { as: target.alice }))
        if (read.json.title !== title.trim()) return broken('it came back as something else', read)
      } else if (!refused(made) || made.status !== 400) return broken(JSON.stringify(title), made)
      const changed = await target.call(`PATCH ${own(target)}`, { as: target.alice, body: { title } })
      if (changed.status !== 200 && (!refused(changed) || changed.status !== 400))
        return broken(JSON.stringify(title), changed)
    }
    control(
      await target.call(`PATCH ${own(target)}`, { as: target.alice, body: { title: target.canaries.alice.title } }),
    )
    return HELD
  },
}

const splitting: Api8 = {
  number: 114,
  title: 'CR and LF in path, query, headers and values start no header and no second answer',
  async run(target) {
    const url = `http://127.0.0.1:${target.port}`
    const injected = 'X-Injected: yes'
    const raw = [
      `GET /openapi.json%0d%0a${encodeURIComponent(injected)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      `GET /openapi.json?a=%0d%0a${encodeURIComponent(injected)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      `GET /openapi.json\r${injected} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      `GET /openapi.json HTTP/1.1\r\nHost: x\r${injected}\r\nConnection: close\r\n\r\n`,
      `GET /openapi.json HTTP/1.1\r\nHost: x\nX-Request-Id: a\r${injected}\r\nConnection: close\r\n\r\n`,
      `GET /openapi.json HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example%0d%0a${injected}\r\nConnection: close\r\n\r\n`,
      `GET /openapi.json HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${'a'.repeat(10)}\u0000\r\nConnection: close\r\n\r\n`,
      `GET /openapi.json HTTP/1.1\r\nHost: x\r\n Folded: ${injected}\r\nConnection: close\r\n\r\n`,
      `GET /openapi.json HTTP/1.1\r\nHost: x\r\nIdempotency-Key: %E5%98%8A%E5%98%8D${injected}\r\nConnection: close\r\n\r\n`,
    ]
    for (const bytes of raw) {
      const text = await exchange(url, bytes)
      const [head = ''] = text.split('\r\n\r\n')
      if (/x-injected/i.test(head)) return broken(`a header was injected by ${JSON.stringify(bytes)}`)
      if ([...text.matchAll(/^HTTP\/1\.1 /gm)].length !== 1)
        return broken(`not one answer for ${JSON.stringify(bytes)}: ${text.slice(0, 200)}`)
      if (/^HTTP\/1\.1 5/.test(text)) return broken(`it failed on ${JSON.stringify(bytes)}`)
    }
    return HELD
  },
}

const framing: Api8 = {
  number: 117,
  title: 'ambiguous framing ends the connection, and no second request is answered (lesson 8)',
  async run(target) {
    const url = `http://127.0.0.1:${target.port}`
    const smuggled = `GET /health HTTP/1.1\r\nHost: x\r\nX-Smuggled: yes\r\n\r\n`
    const start = `POST ${LIST} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`
    const framings = [
      `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `Transfer-Encoding: chunked\r\nContent-Length: ${smuggled.length + 5}\r\n\r\n0\r\n\r\n${smuggled}`,
      `Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      `Content-Length: 0, ${smuggled.length}\r\n\r\n${smuggled}`,
      `Content-Length: +0\r\n\r\n${smuggled}`,
      `Content-Length: 0x0\r\n\r\n${smuggled}`,
      `Content-Length: -1\r\n\r\n${smuggled}`,
      `Content-Length : 0\r\n\r\n${smuggled}`,
      `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `Transfer-Encoding: identity\r\n\r\n${smuggled}`,
      `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
      `Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n${smuggled}`,
      `Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${smuggled}`,
      `Transfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `X: x\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${smuggled}`,
      `Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${smuggled}`,
      `Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n\r\n${smuggled}`,
      `Transfer-Encoding: chunked\r\n\r\n1\r\nAB\r\n0\r\n\r\n${smuggled}`,
    ]
    for (const rest of framings) {
      const text = await exchange(url, start + rest)
      const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status))
      if (statuses.length > 1 || text.includes('"ok"'))
        return broken(`the smuggled request was answered: ${JSON.stringify(rest.slice(0, 90))}`)
      if (statuses.some((status) => status < 400 || status >= 500))
        return broken(`it answered ${statuses}: ${JSON.stringify(rest.slice(0, 90))}`)
    }
    const old = await exchange(
      url,
      `POST ${LIST} HTTP/1.0\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n0\r\n\r\n${smuggled}`,
    )
    if (!/^HTTP\/1\.1 400 /.test(old) || old.includes('"ok"'))
      return broken(`chunked in HTTP/1.0: ${old.slice(0, 200)}`)
    return pipelined(url)
  },
}

/** Two requests that are what they seem are both answered, so the denials above are not for speaking twice. */
async function pipelined(url: string): Promise<Verdict> {
  const raw = await openSocket(url)
  raw.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const text = await raw.closed()
  if ([...text.matchAll(/"ok"/g)].length !== 2) throw new Inconclusive(`two plain requests: ${text.slice(0, 300)}`)
  return HELD
}

const shared: Api8 = {
  number: 115,
  title: "nothing lets a shared cache keep alice's answer, or gives it to bob",
  async run(target) {
    const path = own(target)
    for (const headers of [
      {},
      { 'If-None-Match': '*' },
      { 'If-Modified-Since': 'Tue, 01 Jan 2030 00:00:00 GMT' },
      { Range: 'bytes=0-10' },
      { 'Cache-Control': 'only-if-cached' },
    ] as const) {
      const answer = control(await target.call(`GET ${path}`, { as: target.alice, headers }))
      if (answer.status !== 200 || answer.headers['cache-control'] !== 'no-store')
        return broken('it may be kept', answer)
      for (const name of ['etag', 'last-modified', 'expires', 'age', 'surrogate-control', 'accept-ranges'])
        if (answer.headers[name] !== undefined) return broken(`it has ${name}`, answer)
    }
    for (const suffix of ['', '?x.css', '/x.css', '%2Fx.css', ';x.css', '.css', '?utm=1']) {
      const answer = await target.call(`GET ${path}${suffix}`, { as: target.bob })
      if (!refused(answer) || answer.text.includes(target.canaries.alice.title)) return broken('bob got it', answer)
    }
    return HELD
  },
}

const baseUrl: Api8 = {
  number: 107,
  title: 'the host that a client names is shown nowhere (lesson 14)',
  async run(target) {
    for (const headers of [
      { Host: 'evil.example' },
      { 'X-Forwarded-Host': 'evil.example' },
      { Forwarded: 'host=evil.example' },
      { 'X-Original-Host': 'evil.example' },
    ]) {
      for (const path of [
        '/openapi.json',
        '/no/such/path',
        own(target),
        `/api/v0/invoices/${target.canaries.alice.id}`,
      ]) {
        const answer = await target.call(`GET ${path}`, { as: target.alice, headers })
        if (`${answer.text}${JSON.stringify(answer.headers)}`.includes('evil.example'))
          return broken('the host came back', answer)
      }
    }
    return HELD
  },
}

export const api8: readonly Api8[] = [
  malformed,
  contentTypes,
  cors,
  crossSite,
  trace,
  sql,
  noSql,
  nul,
  splitting,
  framing,
  shared,
  baseUrl,
  everyStatus,
]
