import sarifSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' }
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/base/clock.ts'
import { assess, updateBaseline } from '../../../src/prover/report/assessment.ts'
import { accept, EMPTY_BASELINE } from '../../../src/prover/report/baseline.ts'
import { formatHar } from '../../../src/prover/report/har.ts'
import { formatHtml } from '../../../src/prover/report/html.ts'
import { formatJson } from '../../../src/prover/report/json.ts'
import { formatJunit } from '../../../src/prover/report/junit.ts'
import { locator } from '../../../src/prover/report/locate.ts'
import { riskMatrix } from '../../../src/prover/report/matrix.ts'
import { readRunFolder } from '../../../src/prover/report/run-folder.ts'
import { formatSarif } from '../../../src/prover/report/sarif.ts'
import { formatTerminal } from '../../../src/prover/report/terminal.ts'
import { sampleRun } from './sample-run.ts'
import { parseXml } from './strict-xml.ts'

const CLOCK = new ManualClock(Date.UTC(2026, 5, 1))
const BROKEN = sampleRun()
const MENDED = sampleRun({})
const broken = async () => assess((await BROKEN).run, CLOCK)
const accepted = async () => {
  const { findings, run } = await broken()
  const finding = { id: findings[0]?.id ?? '', reason: 'a pilot', until: '2026-06-30' }
  return assess(run, CLOCK, accept(EMPTY_BASELINE, findings, finding, CLOCK))
}
const fixed = async () => assess((await MENDED).run, CLOCK, updateBaseline(EMPTY_BASELINE, await broken(), CLOCK))

const YAML = `openapi: 3.1.0
paths:
  /notes:
    get: {}
  /notes/{noteId}:
    parameters: []
    patch: {}
    get:
      responses: {}
`
const MODULE = `import { endpoint } from 'turnpike'
export const list = endpoint('GET /notes', {})
export const read = endpoint(
  'GET /notes/:noteId', {})
`

describe('the place of an operation', () => {
  it.each([
    ['a YAML document', 'api/openapi.yaml', YAML, 8, 4],
    [
      'a JSON document',
      'openapi.json',
      JSON.stringify({ paths: { '/notes': { get: {} }, '/notes/{noteId}': { get: {} } } }, null, 1),
      7,
      4,
    ],
    ['an api module', 'src/api.ts', MODULE, 3, 2],
  ])('is its line in %s', (_name, path, text, read, list) => {
    const locate = locator([
      { path: 'first.yaml', text: 'not: a contract' },
      { path, text },
    ])
    expect(locate('GET /notes/{noteId}')).toEqual({ path, line: read })
    expect(locate('GET /notes')).toEqual({ path, line: list })
    expect(locate('DELETE /nothing')).toEqual({ path: 'first.yaml', line: 1 })
    expect(locate(null)).toEqual({ path: 'first.yaml', line: 1 })
  })

  it('is nowhere without a file, and survives what is no document', () => {
    expect(locator([])('GET /notes')).toBeNull()
    for (const text of ['', '{', '- a\n- b', 'paths: 3', 'paths:\n  /notes: null', '\t{"paths"'])
      expect(locator([{ path: 'a.yaml', text }])('GET /notes')).toEqual({ path: 'a.yaml', line: 1 })
  })
})

describe('SARIF', () => {
  // Draft 4 differs from what ajv reads only in the name of its identifier here.
  const { id: _id, $schema: _draft, ...schema } = sarifSchema as Record<string, unknown>
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
  for (const format of ['uri', 'uri-reference', 'date-time'])
    ajv.addFormat(format, (text: string) =>
      format === 'date-time'
        ? !Number.isNaN(Date.parse(text))
        : URL.canParse(text, format === 'uri' ? undefined : 'http://base.example/'),
    )
  const validate = ajv.compile(schema)
  const sources = [{ path: 'api/open api.yaml', text: YAML }]

  it.each([
    ['new', broken],
    ['accepted', accepted],
    ['fixed', fixed],
  ])('is valid by the official schema with a finding that is %s', async (_name, assessment) => {
    const log = JSON.parse(formatSarif(await assessment(), { sources, absent: true }))
    expect(validate(log), JSON.stringify(validate.errors, null, 1)).toBe(true)
    expect(validate({ ...log, runs: [{ results: [] }] })).toBe(false)
  })

  it('places results in the contract file, with stable fingerprints', async () => {
    const [run] = JSON.parse(formatSarif(await broken(), { sources })).runs
    const [result] = run.results
    expect(run.results).toHaveLength(1)
    expect(result).toMatchObject({ ruleId: 'note-read', level: 'error', baselineState: 'new' })
    expect(result.partialFingerprints).toEqual({ 'turnpikeFinding/v1': (await broken()).findings[0]?.id })
    expect(result.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'api/open%20api.yaml', uriBaseId: '%SRCROOT%' },
      region: { startLine: 8 },
    })
    expect(run.tool.driver.rules[result.ruleIndex]).toMatchObject({
      id: 'note-read',
      helpUri: 'https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/',
      properties: { 'security-severity': '9.5', tags: ['security', 'external/cwe/cwe-639', 'API1:2023'] },
    })
  })

  it('never places a result at an address or outside the repository', async () => {
    for (const path of ['../../etc/api.yaml', '/srv/api.yaml', 'C:\\work\\api.yaml']) {
      const text = formatSarif(await broken(), { sources: [{ path, text: YAML }] })
      const { uri } = JSON.parse(text).runs[0].results[0].locations[0].physicalLocation.artifactLocation
      expect(uri).toBe('api.yaml')
    }
    const [result] = JSON.parse(formatSarif(await broken(), { sources: [] })).runs[0].results
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe('turnpike.yaml')
  })

  it('suppresses what is accepted with its reason, and lists what is fixed only when asked', async () => {
    const [result] = JSON.parse(formatSarif(await accepted(), { sources })).runs[0].results
    expect(result).toMatchObject({
      baselineState: 'unchanged',
      suppressions: [{ kind: 'external', status: 'accepted', justification: 'a pilot (until 2026-06-30)' }],
    })
    expect(JSON.parse(formatSarif(await fixed(), { sources })).runs[0].results).toEqual([])
    const [absent] = JSON.parse(formatSarif(await fixed(), { sources, absent: true })).runs[0].results
    expect(absent).toMatchObject({ ruleId: 'note-read', kind: 'pass', baselineState: 'absent' })
  })

  it('tells what was inconclusive or not tested as notifications', async () => {
    const [invocation] = JSON.parse(formatSarif(await broken(), { sources })).runs[0].invocations
    expect(invocation).toMatchObject({ executionSuccessful: true })
    expect(invocation.toolExecutionNotifications.map(({ level }: { level: string }) => level).sort()).toEqual([
      'note',
      'warning',
    ])
  })
})

describe('JUnit', () => {
  it('has a suite for each risk and a test for each attack on each operation', async () => {
    const root = parseXml(formatJunit(await broken()))
    expect(root.children.map(({ attributes }) => attributes.name?.split(' ')[0])).toEqual(
      Array.from({ length: 10 }, (_, index) => `API${index + 1}`),
    )
    const [first, second] = root.children
    expect(first?.children.map(({ attributes }) => attributes.name)).toEqual([
      "GET /notes/{noteId}: Another user reads somebody's note",
    ])
    expect(first?.attributes).toMatchObject({ tests: '1', failures: '1', skipped: '0' })
    expect(second?.children.map(({ attributes, children }) => [attributes.name, children.length])).toEqual([
      ['GET /notes: Answers without a credential', 0],
      ['GET /me: Answers without a credential', 0],
    ])
    const [failure] = first?.children[0]?.children ?? []
    expect(failure?.name).toBe('failure')
    expect(failure?.text).toContain('curl -sS -i http://127.0.0.1')
  })

  it('never passes what was inconclusive, not tested or accepted', async () => {
    const root = parseXml(formatJunit(await accepted()))
    const tests = root.children.flatMap(({ children }) => children)
    const messages = tests.flatMap(({ children }) =>
      children.map(({ name, attributes }) => `${name}: ${attributes.message}`),
    )
    expect(messages).toEqual(
      expect.arrayContaining([
        'skipped: accepted until 2026-06-30: a pilot',
        'skipped: inconclusive: the control was refused',
        'skipped: not tested: needs a clock; add one',
        'skipped: not tested: no attack of this risk was chosen',
      ]),
    )
    expect(Number(root.attributes.tests)).toBe(tests.length)
    expect(Number(root.attributes.skipped)).toBe(messages.length)
    expect(tests.filter(({ children }) => children.length === 0)).toHaveLength(2)
  })
})

describe('HAR', () => {
  it('holds every exchange, with placeholders for secrets', async () => {
    const { path, run } = await BROKEN
    const text = formatHar(await readRunFolder(path, 'all'))
    const { log } = JSON.parse(text)
    expect(log.version).toBe('1.2')
    expect(log.entries).toHaveLength(run.requests)
    for (const entry of log.entries) {
      expect(Object.keys(entry)).toEqual(
        expect.arrayContaining(['startedDateTime', 'time', 'request', 'response', 'cache', 'timings']),
      )
      expect(new URL(entry.request.url).hostname).toBe('127.0.0.1')
    }
    const created = log.entries.find(
      ({ request }: { request: { method: string; url: string } }) =>
        request.method === 'POST' && request.url.endsWith('/notes'),
    )
    expect(created).toMatchObject({
      request: { postData: { mimeType: 'application/json' } },
      response: { status: 201, statusText: 'Created' },
    })
    expect(text).not.toMatch(/eyJhbGciOi|Aa1-notes-password/)
  })

  it('reads the query as it was sent', async () => {
    const run = await readRunFolder((await BROKEN).path, 'all')
    const [first] = [...run.exchanges.values()]
    if (!first) throw new Error('there is no exchange')
    const asked = { ...first, request: { ...first.request, url: 'http://127.0.0.1/a?x=1%2B1&x=%zz&flag#part' } }
    const { log } = JSON.parse(formatHar({ ...run, exchanges: new Map([[1, asked]]) }))
    expect(log.entries[0].request.queryString).toEqual([
      { name: 'x', value: '1+1' },
      { name: 'x', value: '%zz' },
      { name: 'flag', value: '' },
    ])
  })
})

describe('the HTML page', () => {
  it('loads nothing and runs nothing', async () => {
    const text = formatHtml(await broken())
    expect(text).toMatch(
      /<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-[\w+/=]+&#39;/,
    )
    expect(text).not.toMatch(/<script|<link|<img|<iframe|<object|\ssrc=|\son\w+=|\sstyle=|@import|url\(/i)
    for (const [, target] of text.matchAll(/href="([^"]*)"/g)) expect(target).toMatch(/^#/)
  })

  it('tells risks, the matrix, findings with exchange and curl line, and what was not tested', async () => {
    const text = formatHtml(await broken())
    for (const part of [
      '<h1>Notes</h1>',
      'held against 1 attack (2 cases, 2 requests)',
      'bob is shown the note of alice',
      'Authorization: Bearer $TOKEN_BOB',
      'curl -sS -i http://127.0.0.1',
      'Compare the owner of the note with the caller.',
      'needs a clock; add one',
      'the control was refused',
      '<td class="broken" title="broken, 3 cases">✗\u00a03</td>',
    ])
      expect(text).toContain(part)
    expect(text).not.toMatch(/proven|eyJhbGciOi/)
  })

  it('has a cell for each endpoint and risk', async () => {
    const { rows } = riskMatrix((await BROKEN).run)
    const cell = (operation: string | null, risk: number) =>
      rows.find((row) => row.operation === operation)?.cells[risk - 1]
    expect(cell('GET /notes/{noteId}', 1)).toEqual({ state: 'broken', count: 3 })
    expect(cell('GET /notes', 2)).toEqual({ state: 'held', count: 1 })
    expect(cell('POST /login', 4)).toEqual({ state: 'inconclusive', count: 1 })
    expect(cell(null, 4)).toEqual({ state: 'not tested', count: 1 })
    expect(cell('GET /notes', 1)).toBeNull()
  })
})

describe('every format', () => {
  it('tells the same states', async () => {
    for (const [name, assessment] of [
      ['new', await broken()],
      ['accepted', await accepted()],
    ] as const) {
      const [finding] = assessment.findings
      expect(finding?.state).toBe(name)
      expect(JSON.parse(formatJson(assessment)).findings[0].state).toBe(name)
      expect(formatTerminal(assessment)).toContain(`${finding?.id}  ${name}`)
      expect(formatHtml(assessment)).toContain(`>${name}</span>`)
      expect(JSON.parse(formatSarif(assessment, { sources: [] })).runs[0].results[0].properties.state).toBe(name)
      expect(formatJunit(assessment)).toContain(name === 'new' ? '<failure' : 'accepted until')
    }
    const mended = await fixed()
    expect(formatTerminal(mended)).toContain('Fixed')
    expect(formatHtml(mended)).toContain('<h3>Fixed</h3>')
    expect(JSON.parse(formatJson(mended)).fixed).toHaveLength(1)
    expect(JSON.parse(formatSarif(mended, { sources: [] })).runs[0].properties.fixed).toHaveLength(1)
  })
})
