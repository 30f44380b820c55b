import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { readAudit } from '../../src/cli/dependencies.ts'
import { runCli } from '../../src/cli/program.ts'

const fixture = (name: string) => `${import.meta.dirname}/fixtures/${name}`
const written: { out: string; err: string } = { out: '', err: '' }

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  written.out = ''
  written.err = ''
  const into = (key: 'out' | 'err') => (text: string | Uint8Array) => {
    written[key] += String(text)
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(into('out'))
  vi.spyOn(process.stderr, 'write').mockImplementation(into('err'))
  const code = await runCli(args)
  vi.restoreAllMocks()
  return { code, ...written }
}
afterEach(() => vi.restoreAllMocks())

test('review of a sound contract exits with 0 and prints the checklist with what the module says of its surroundings', async () => {
  const { code, out } = await run('review', fixture('held.ts'))
  expect(code).toBe(0)
  expect(out).toContain('Held: 1 endpoints')
  expect(out).toMatch(/held +HTTPS only, HSTS/)
  expect(out).toMatch(/unknown +Tokens are short-lived/)
  expect(out).not.toContain('\u001b')
})

test('review of a contract with an error exits with 1, names endpoint, reason and line', async () => {
  const { code, out } = await run('review', fixture('broken.ts'))
  expect(code).toBe(1)
  expect(out).toContain('unbounded-input API4, ASVS 2.2.1')
  expect(out).toContain('✗ POST /v1/notes: body/text is a string of any length')
  expect(out).toContain('write .max(200)')
})

test('review --json is data', async () => {
  const { code, out } = await run('review', '--json', fixture('broken.ts'))
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({
    title: 'Broken',
    counts: { error: 1 },
    findings: [
      { rule: 'unbounded-input', endpoint: 'POST /v1/notes', severity: 'error' },
      ...Array(JSON.parse(out).findings.length - 1).fill({}),
    ],
  })
})

test('review of a foreign document applies what it can answer', async () => {
  const { code, out } = await run('review', '--json', fixture('foreign.json'))
  expect(code).toBe(1)
  const found = (JSON.parse(out) as { findings: { rule: string; endpoint: string | null }[] }).findings.map(
    ({ rule, endpoint }) => `${rule} ${endpoint ?? '-'}`,
  )
  expect(new Set(found)).toEqual(
    new Set([
      'no-security GET /things/{thingId}',
      'secret-in-query GET /things/{thingId}',
      'plain-server -',
      'id-parameter GET /things/{thingId}',
      'id-parameter PUT /things/{thingId}',
      'loose-body PUT /things/{thingId}',
      'foreign-unbounded-input GET /things/{thingId}',
      'foreign-unbounded-input PUT /things/{thingId}',
      'missing-refusals GET /things/{thingId}',
      'missing-errors GET /things/{thingId}',
      'missing-errors PUT /things/{thingId}',
      'error-without-schema PUT /things/{thingId}',
      'retry-after PUT /things/{thingId}',
      'rate-limit-headers GET /things/{thingId}',
      'rate-limit-headers PUT /things/{thingId}',
      'shapeless-string GET /things/{thingId}',
      'shapeless-string PUT /things/{thingId}',
      'cors-undeclared -',
      'unreadable-part -',
    ]),
  )
})

test('review of a document in YAML prints a rule once, with its places', async () => {
  const { code, out } = await run('review', fixture('foreign.yaml'))
  expect(code).toBe(1)
  expect(out).toContain('Foreign in YAML: 2 endpoints')
  expect(out.match(/An operation asks for a credential/g)).toHaveLength(1)
  expect(out).toContain('GET /things: it asks for no credential')
  expect(out).toContain('POST /things: it changes something and asks for no credential')
})

test.each([
  ['a file that is not there', ['review', 'nowhere.ts'], /there is no file "nowhere.ts"/],
  ['a file that is no module', ['review', fixture('../program.test.txt')], /there is no file/],
  [
    'a module without an api',
    ['review', fixture('no-api.ts')],
    /exports somethingElse, but no api; write: export default api/,
  ],
  ['a module that throws', ['review', fixture('throws.ts')], /cannot be imported: the contract does not even load/],
  [
    'a document that is no OpenAPI',
    ['review', `${import.meta.dirname}/../../package.json`],
    /it is no OpenAPI document: "openapi: 3.1.0" is missing at its root/,
  ],
  [
    'a document that is no YAML',
    ['review', fixture('broken.yaml')],
    /broken.yaml" cannot be reviewed: it is no JSON or YAML that can be read: .* at line 3, column 1/,
  ],
  [
    'a file of another kind',
    ['review', `${import.meta.dirname}/../../README.md`],
    /is no module; it must end in .* An OpenAPI document for review ends in \.json, \.yaml or \.yml/,
  ],
  ['a matrix of no api', ['matrix', fixture('no-api.ts')], /but no api/],
  ['an unknown command', ['revew'], /unknown command 'revew'/],
  ['an unknown option', ['review', '--jsn', 'x.ts'], /unknown option '--jsn'/],
  ['a missing argument', ['review'], /missing required argument 'api'/],
])('%s is wrong use: exit code 2 and a clear message', async (_name, args, message) => {
  const { code, out, err } = await run(...args)
  expect(code).toBe(2)
  expect(err).toMatch(message)
  expect(out).toBe('')
})

test('matrix prints a table to commit', async () => {
  const { code, out } = await run('matrix', fixture('held.ts'))
  expect(code).toBe(0)
  expect(out).toBe(
    [
      '| endpoint       | nobody | signed in | owner |',
      '| -------------- | ------ | --------- | ----- |',
      '| GET /v1/health | yes    | yes       | yes   |',
      '',
    ].join('\n'),
  )
})

test('help loads commander and the program, nothing else', async () => {
  const root = `${import.meta.dirname}/../..`
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [
      '--conditions=source',
      '--import',
      'tsx',
      '--import',
      `${import.meta.dirname}/log-imports.mjs`,
      `${root}/src/cli/main.ts`,
      '--help',
    ],
    { cwd: root, env: { ...process.env, NODE_OPTIONS: '' } },
  )
  expect(stdout).toContain('Exit codes: 0 held, 1 findings, 2 wrong use.')
  const loaded = [...stderr.matchAll(/^loaded (file:.*)$/gm)].map(([, url = '']) => url.replace(/\?.*/, ''))
  const ours = loaded.filter((url) => url.includes('/src/')).map((url) => url.slice(url.lastIndexOf('/src/')))
  expect(ours.sort()).toEqual(['/src/cli/main.ts', '/src/cli/program.ts', '/src/cli/prove/add-prove.ts'])
  expect(loaded.filter((url) => /node_modules\/(zod|fastify|kysely|jose|@electric-sql|pino)\//.test(url))).toEqual([])
})

test.each([
  ['{"metadata":{"vulnerabilities":{"total":0}}}', 'clean'],
  ['{"metadata":{"vulnerabilities":{"total":3}}}', 'vulnerable'],
  ['{"error":{"code":"ENOAUDIT"}}', 'unavailable'],
  ['{"message":"405 Method Not Allowed"}', 'unavailable'],
  ['', 'unavailable'],
  ['<html>', 'unavailable'],
])('an answer of npm audit is read strictly: %s is %s', (output, verdict) => {
  expect(readAudit(output)).toBe(verdict)
})

test('options after a subcommand of prove are its own', async () => {
  const { code, err } = await run('prove', 'report', '--runs', fixture('no-runs'))
  expect(code).toBe(2)
  expect(err).toContain(`there is no run in ${fixture('no-runs')}`)
})
