import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCli } from '../../src/cli/program.ts'
import { paceOf } from '../../src/cli/prove/prove-options.ts'
import type { Exchange } from '../../src/prover/engine/exchange.ts'
import type { CaseResult } from '../../src/prover/prove.ts'
import { type RunningDemo, startDemoProcess, TURNPIKE, turnpike } from '../support/demo-process.ts'
import { capturePrinted } from './printed.ts'

const TRIAL = 'examples/billing/trial.ts'
const SHOP = 'examples/plain-express'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnpike-prove-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const kept = () => ['--runs', join(folder, 'runs'), '--baseline', join(folder, 'baseline.json')]
/** In a process of its own where signals matter; else in this one, which has loaded everything already. */
async function prove(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = capturePrinted()
  try {
    const code = await runCli(['prove', ...args])
    return { code, stdout: printed.out, stderr: printed.err }
  } finally {
    vi.restoreAllMocks()
  }
}
const run = (...args: readonly string[]) => prove(...args, ...kept())
/** The folder of the only run. */
const runFolder = () => join(folder, 'runs', readdirSync(join(folder, 'runs'))[0] as string)
const lines = <T>(name: string): readonly T[] =>
  readFileSync(join(runFolder(), name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
const tried = () =>
  lines<CaseResult>('results.ndjson').filter(({ outcome }) => outcome === 'pass' || outcome === 'fail')

/** Resolves once a run has so many results in its folder. */
async function results(count: number): Promise<void> {
  for (;;) {
    try {
      if (tried().length >= count) return
    } catch {
      // Not begun yet, or half a line.
    }
    await delay(50)
  }
}

let server: Server | undefined
afterEach(() => new Promise<void>((closed) => (server ? void server.close(() => closed()) : closed())))

async function listening(handler: RequestListener): Promise<string> {
  server = createServer(handler)
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function document(paths: object): string {
  const file = join(folder, 'openapi.json')
  writeFileSync(file, JSON.stringify({ openapi: '3.1.0', info: { title: 'Things', version: '1' }, paths }))
  return file
}

describe('turnpike prove, stopped', { timeout: 90_000 }, () => {
  it('writes the report after Ctrl-C, and goes on with what is left', async () => {
    const going = turnpike([
      'prove',
      TRIAL,
      '--only',
      'object-read,object-write,owner-assignment,state-assignment,undeclared-fields',
      ...kept(),
    ])
    await results(5)
    going.signal('SIGINT')
    // npm passes on what the terminal has sent already.
    going.signal('SIGINT')
    const stopped = await going.ended
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toContain('stopping; the report of what was done follows')
    expect(stopped.stdout).toContain('The run was stopped before its end')
    expect(stopped.stdout).not.toContain('inconclusive')
    const before = tried().map(({ id }) => id)
    const went = await run('--resume')
    expect(went.code, went.stderr).toBe(0)
    expect(went.stdout).not.toContain('stopped')
    const after = tried().map(({ id }) => id)
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after.length).toBeGreaterThan(before.length)
    expect(new Set(after).size).toBe(after.length)
    // What was chosen stays chosen.
    expect(went.stdout).toContain('only object-read, object-write')
  })

  it('ends at once at a second Ctrl-C', async () => {
    const url = await listening((request, response) => {
      if (request.headers.authorization === undefined) response.statusCode = 401
      // Never answers what is attacked.
      if (request.url !== '/things/1') response.end('{"id":1}')
    })
    const file = document({ '/things/1': { get: { responses: { 200: { description: 'One' } } } } })
    const going = turnpike([
      'prove',
      url,
      '--openapi',
      file,
      '--as',
      'alice=token-of-alice',
      '--timeout',
      '600',
      ...kept(),
    ])
    while (!going.printed().stderr.includes('stopping')) {
      await delay(500)
      going.signal('SIGINT')
      if ((await Promise.race([going.ended, delay(50)])) !== undefined) break
    }
    going.signal('SIGINT')
    expect([130, null]).toContain((await going.ended).code)
    server?.closeAllConnections()
  })

  it('loses nothing when it is killed, and repeats nothing', async () => {
    const going = turnpike([
      'prove',
      TRIAL,
      '--only',
      'object-read,object-write,owner-assignment,state-assignment,undeclared-fields',
      ...kept(),
    ])
    await results(5)
    going.signal('SIGKILL')
    await going.ended
    const before = tried().map(({ id }) => id)
    const report = await run('report')
    expect(report.code, report.stderr).toBe(0)
    expect(report.stdout).toContain('The run was stopped before its end')
    const went = await run(TRIAL, '--resume')
    expect(went.code, went.stderr).toBe(0)
    const after = tried().map(({ id }) => id)
    expect(after).toEqual(expect.arrayContaining(before))
    expect(new Set(after).size).toBe(after.length)
    const numbers = lines<Exchange>('exchanges.ndjson').map(({ number }) => number)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  })
})

describe('turnpike prove, used wrongly', () => {
  it.each([
    [['--rate', '0'], '--rate "0" is no number above 0; write --rate 100000, say'],
    [['--concurrency', '2.5'], '--concurrency "2.5" is no whole number above 0'],
    [['--timeout', '1e9'], '--timeout "1e9" is no number above 0; write --timeout 10, say'],
    [['--max-wait', '90000'], '--max-wait 90000 is more than a day'],
    [['--max-requests', '-1'], '--max-requests "-1" is no whole number above 0'],
    [['--seed', ''], '--seed "" is no whole number above 0'],
    [['--scope', 'api'], '--scope "api" is no path; write it from the first slash on'],
    [['--scope', 'http://example.com/api'], '--scope http://example.com/api is not at the target'],
    [['--only', 'API11'], '--only: there is no attack API11'],
    [['--fail-on', 'bad'], '--fail-on bad is no severity'],
    [['--resume'], '--resume: there is no run in'],
    [['--as', 'alice=x'], '--as is for a running API'],
    [['--config', 'none.yaml'], '"none.yaml" cannot be read (ENOENT)'],
    [['--identities', 'none.json'], '"none.json" cannot be read (ENOENT)'],
  ])('%j', async (flags, message) => {
    const { code, stderr, stdout } = await run(TRIAL, ...flags)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
    expect(stdout).toBe('')
  })

  it('refuses a file of passwords that others may read', async () => {
    const file = join(folder, 'people.json')
    writeFileSync(file, '{"identities":[{"name":"alice","token":"token-of-alice"}]}')
    chmodSync(file, 0o644)
    const { code, stderr } = await run('http://127.0.0.1:9', '--identities', file)
    expect(stderr).toContain(`may be read by others; run: chmod 600 ${file}`)
    expect(code).toBe(2)
  })

  it('says why a target or its document cannot be had', async () => {
    const url = await listening((request, response) => {
      if (request.url === '/page') response.setHeader('content-type', 'text/html').end('<!doctype html><p>Docs')
      else if (request.url === '/empty') response.end('{"openapi":"3.1.0","info":{},"paths":{}}')
      else if (request.url === '/moved') response.writeHead(302, { location: 'http://127.0.0.2:9/openapi.json' }).end()
      else response.writeHead(401).end()
    })
    const said = async (...args: string[]) => {
      const { code, stderr } = await run(...args)
      expect(code).toBe(2)
      return stderr
    }
    expect(await said('http://127.0.0.1:2')).toContain('http://127.0.0.1:2 cannot be reached (ECONNREFUSED)')
    expect(await said(url)).toContain('/openapi.json answers 401; save the document as a file')
    expect(await said(url, '--openapi', `${url}/page`)).toContain('is a page; name the address of the document')
    expect(await said(url, '--openapi', `${url}/empty`)).toContain('names no operation, so there is nothing to attack')
    expect(await said(url, '--openapi', `${url}/moved`)).toContain('redirects to http://127.0.0.2:9/openapi.json')
    expect(await said(url, '--openapi', `${url}/else`)).toContain('answers 401')
    expect(await said(url.replace('http:', 'https:'))).toMatch(/cannot be reached \(.*SSL.*\); is it http:\/\/ there\?/)
  })
})

describe('turnpike prove, where nothing works', () => {
  const login = {
    '/login': {
      post: {
        requestBody: {
          content: {
            'application/json': {
              schema: { type: 'object', properties: { email: { type: 'string' }, password: { type: 'string' } } },
            },
          },
        },
        responses: { 200: { description: 'ok' }, 401: { description: 'no' } },
      },
    },
  }
  const me = { '/me': { get: { security: [{ bearer: [] }], responses: { 200: { description: 'ok' } } } } }

  it('says so first, with the next line to write', async () => {
    const url = await listening((_request, response) => void response.writeHead(401).end('{"error":"no"}'))
    const file = document({ ...login, ...me })
    const { code, stdout, stderr } = await run(
      url,
      '--openapi',
      file,
      '--as',
      'alice=wrong-token',
      '--as',
      'bob=wrong-token-2',
    )
    expect(stderr).toContain('nobody can sign in, so nothing can be tested')
    expect(stderr).toContain('alice does not work: GET /me answers 401')
    expect(stderr).toContain(`turnpike prove --check ${url}`)
    expect(stderr).not.toContain('wrong-token')
    expect(stdout).not.toContain('held')
    expect(code).toBe(2)
  })

  it('leaves out who does not work, and holds nothing that needed him', async () => {
    const url = await listening((request, response) => {
      const isAlice = request.headers.authorization === 'Bearer token-of-alice'
      response
        .writeHead(isAlice ? 200 : 401, { 'content-type': 'application/json' })
        .end(isAlice ? '{"id":"a1"}' : '{"error":"no"}')
    })
    const file = document({
      ...me,
      '/notes/{id}': {
        get: {
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
          responses: { 200: { description: 'ok' } },
        },
      },
    })
    const { stdout, stderr } = await run(
      url,
      '--openapi',
      file,
      '--as',
      'alice=token-of-alice',
      '--as',
      'bob=stale',
      '--only',
      'API1',
    )
    expect(stderr).toContain('bob does not work: GET /me answers 401')
    expect(stdout).toMatch(/API1 .*: not tested/)
    expect(stdout).not.toContain('held')
  })

  it('never exits 0 when it tried nothing', async () => {
    const { code, stdout } = await run(TRIAL, '--only', 'plain-http')
    expect(stdout).toMatch(/^Nothing could be tested: the target is this machine/)
    expect(stdout).not.toContain('held')
    expect(code).toBe(2)
  })
})

describe('a target that is not loopback', () => {
  const flags = { runs: '', baseline: '', failOn: 'low' }
  it('is read alone until --allow-writes', () => {
    const foreign = { isOurs: false, isLoopback: false, base: new URL('https://api.example') }
    expect(paceOf(flags, null, foreign).limits.allowWrites).toBe(false)
    expect(paceOf({ ...flags, allowWrites: true }, null, foreign).limits.allowWrites).toBe(true)
    expect(paceOf(flags, null, { ...foreign, isLoopback: true }).limits.allowWrites).toBe(true)
    expect(paceOf(flags, null, foreign).limits.rate).toBe(10)
  })
})

describe('turnpike prove on a plain Express shop', () => {
  let shop: ChildProcess
  let url: string
  const tokens: Record<string, string> = {}
  beforeAll(async () => {
    shop = spawn(process.execPath, ['server.mjs'], {
      cwd: join(TURNPIKE.folder, SHOP),
      env: { PATH: process.env.PATH, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    url = await new Promise((done) =>
      shop.stdout?.setEncoding('utf8').once('data', (text: string) => done(text.trim())),
    )
    for (const name of ['alice', 'bob']) {
      const body = JSON.stringify({ email: `${name}@example.com`, password: `${name}-password-17` })
      const post = (path: string) =>
        fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      await post('/signup')
      tokens[name] = ((await (await post('/login')).json()) as { token: string }).token
    }
  })
  afterAll(() => shop.kill())

  const people = () => ['--as', `alice=${tokens.alice}`, '--as', `bob=${tokens.bob}`]
  const document = ['--openapi', join(SHOP, 'openapi.yaml')]

  it('finds, accepts, tries again and fills curl lines with fresh tokens', async () => {
    const told = join(folder, 'report.json')
    const first = await run(url, ...document, ...people(), '--only', 'object-read', '--json', told)
    expect(first.code, first.stderr).toBe(1)
    const { findings } = JSON.parse(readFileSync(told, 'utf8')) as {
      findings: readonly { id: string; curl: readonly string[] }[]
    }
    const [finding] = findings
    expect(finding).toBeDefined()
    const id = finding?.id as string

    // The line of the report, with the token that the command gives, shows what the report says.
    const token = await prove('token', 'bob', url, ...document, ...people())
    expect(token.code).toBe(0)
    const line = finding?.curl.find((each) => each.includes('$TOKEN_BOB')) as string
    const { stdout } = await promisify(execFile)('sh', ['-c', line], {
      env: { ...TURNPIKE.env, TOKEN_BOB: token.stdout.trim() },
    })
    expect(stdout).toContain('tpcanary')

    const again = await run('retest', id, ...people())
    expect(again.code, again.stderr).toBe(1)
    const accepted = await run('accept', id, '--reason', 'a shop for tests', '--until', '2099-01-31')
    expect(accepted.code, accepted.stderr).toBe(0)
    expect((await run('report')).stdout).toContain('a shop for tests')
  })

  it('sends nothing outside --scope, and no more than --max-requests', async () => {
    const ended = await run(
      url,
      ...document,
      ...people(),
      '--only',
      'object-read,API8',
      '--scope',
      '/orders',
      '--max-requests',
      '60',
    )
    expect(ended.code, ended.stderr).not.toBe(2)
    const sent = lines<Exchange>('exchanges.ndjson')
    expect(sent.length).toBeLessThanOrEqual(60)
    for (const { request } of sent) expect(new URL(request.url).pathname).toMatch(/^\/orders(\/|$)/)
    expect(sent.every(({ request }) => request.headers.some(([name]) => name === 'X-Turnpike-Run'))).toBe(true)
  })
})

describe('turnpike prove on the running demo', { timeout: 120_000 }, () => {
  let demo: RunningDemo
  let data: string
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'turnpike-prove-demo-'))
    demo = await startDemoProcess(data)
  }, 60_000)
  afterAll(async () => {
    demo.signal('SIGTERM')
    await demo.ended
    rmSync(data, { recursive: true })
  })

  it('gives ten rows, each held with the count of attacks behind it, or naming what was not tested and why', async () => {
    const { code, stdout, stderr } = await run(
      demo.url,
      '--identities',
      join(data, 'prove-identities.json'),
      '--only',
      'object-read,malformed-credential,no-credential,page-size,path-spelling,API9,API10,security-headers',
    )
    expect(code, stderr + stdout).toBe(0)
    const rows = stdout.split('\n').filter((line) => /^ {2}[✓✗?–] API\d/.test(line))
    expect(rows).toHaveLength(10)
    for (const row of rows)
      expect(row).toMatch(/: (held against \d+ attacks? \(\d+ cases?, \d+ requests?\)|not tested)/)
    for (const [at, line] of stdout.split('\n').entries())
      if (/^ {2}– API\d/.test(line)) expect(stdout.split('\n')[at + 1]).toMatch(/^ {13}\S/)
  })
})
