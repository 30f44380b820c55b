import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { stringify } from 'yaml'
import { runDiff } from '../../src/cli/diff.ts'
import { runCli } from '../../src/cli/program.ts'
import { baseDocument, operation } from '../contract/diff/base-document.ts'
import { capturePrinted } from './printed.ts'

const FAR = '2199-12-31'
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-diff-'))
  await writeFile(at('old.json'), JSON.stringify(baseDocument()))
  await writeFile(at('new.yaml'), stringify(looser()))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

const at = (name: string) => join(folder, name)
const loosenedId = (out: string) => / {2}([0-9a-f]{10}) {2}/.exec(out)?.[1] ?? ''

function looser() {
  const document = baseDocument()
  operation(document, 'GET /invoices/{invoice}')['x-turnpike'].access = { signedIn: true }
  operation(document, 'GET /invoices')['x-turnpike'].limit.rate = '50/minute'
  return document
}

async function run(...args: string[]) {
  return keep(() => runCli(args))
}

async function keep(work: () => Promise<number>) {
  const printed = capturePrinted()
  const code = await work()
  vi.restoreAllMocks()
  return { code, out: printed.out, err: printed.err }
}

describe('turnpike diff old new', () => {
  it('exits with 1 and names what is looser, what it lets happen, and what is tighter', async () => {
    const { code, out } = await run('diff', at('old.json'), at('new.yaml'))
    expect(code).toBe(1)
    expect(out).toContain("Loosened, and nobody's word for it: 1")
    expect(out).toMatch(
      /[0-9a-f]{10} {2}high {6}API1 {3}GET \/invoices\/\{invoice\}: access is wider: owns invoice → signedIn\n +callers may reach objects/,
    )
    expect(out).toContain('Tightened: 1\n  GET /invoices: the rate is down: 100/minute → 50/minute')
    expect(out).toContain('--acknowledge')
  })

  it('exits with 0 when nothing is looser', async () => {
    await writeFile(at('tighter.json'), JSON.stringify(Object.assign(baseDocument(), { servers: [] })))
    expect((await run('diff', at('old.json'), at('tighter.json'))).code).toBe(0)
    const same = await run('diff', at('old.json'), at('old.json'))
    expect([same.code, same.out]).toEqual([0, 'Nothing changed that this compares.\n'])
  })

  it('--json is data', async () => {
    const { code, out } = await run('diff', '--json', at('old.json'), at('new.yaml'))
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      format: 1,
      failed: 1,
      changes: [
        { kind: 'limit-rate', direction: 'tightens', fails: false, acknowledged: null },
        {
          kind: 'object-access',
          risk: 'API1',
          direction: 'loosens',
          fails: true,
          place: { section: 'operations', key: 'GET /invoices/{invoice}' },
          before: { owns: 'invoice' },
          after: { signedIn: true },
        },
      ],
    })
  })

  it('says what of a document could not be read', async () => {
    const broken = baseDocument()
    operation(broken, 'GET /invoices').parameters = [{ name: 7 }]
    await writeFile(at('broken.json'), JSON.stringify(broken))
    expect((await run('diff', at('old.json'), at('broken.json'))).err).toContain('not everything could be read')
  })

  it('reads a revision of git', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args])
    git('init', '-q')
    git('add', 'old.json')
    git('commit', '-qm', 'first')
    const before = process.cwd()
    process.chdir(folder)
    try {
      expect((await run('diff', 'HEAD:old.json', 'new.yaml')).out).toContain('access is wider')
      const { code, err } = await run('diff', 'HEAD:none.json', 'new.yaml')
      expect([code, err]).toEqual([2, expect.stringContaining('"HEAD:none.json" cannot be read')])
    } finally {
      process.chdir(before)
    }
  })

  it('compares the settings that two servers recorded', async () => {
    const facts = (lifetimeSeconds: number, origins: string[]) => ({
      recordedAt: '2026-01-01T00:00:00.000Z',
      title: 'Billing',
      settings: { production: true, plainHttp: false, hosts: 'any', store: 'embedded', lastingKeys: true },
      layers: { rowSecurity: true },
      identity: {
        credentials: [],
        passwords: null,
        tokenGaps: [],
        lacks: [],
        tokens: { algorithms: ['EdDSA'], lifetimeSeconds },
      },
      callers: { origins, trustedProxies: [] },
    })
    await writeFile(at('facts.json'), JSON.stringify(facts(3600, ['https://a.example.com'])))
    await writeFile(at('before.json'), JSON.stringify(facts(900, [])))
    const { code, out } = await run('diff', '--facts', at('before.json'), folder)
    expect(code).toBe(1)
    expect(out).toContain('settings: the lifetime of access tokens in seconds is longer: 900 → 3600')
    expect(out).toContain('settings: the origins are more: none → https://a.example.com')
    expect((await run('diff', at('before.json'), at('old.json'))).err).toContain(
      'one is a contract, one the settings of a server',
    )
    expect((await run('diff', '--facts', at('old.json'), at('new.yaml'))).err).toContain(
      'holds no settings of a server',
    )
  })
})

describe('turnpike lock, and diff against it', () => {
  const lock = () => at('turnpike.lock.json')
  const diff = (...more: string[]) => run('diff', '--lock', lock(), at('new.yaml'), ...more)
  const written = () => readFile(lock(), 'utf8')
  beforeEach(async () => {
    expect((await run('lock', at('old.json'), '--file', lock())).code).toBe(0)
  })

  it('an acknowledged change does not fail, until its day has passed', async () => {
    const first = await diff()
    expect(first.code).toBe(1)
    const id = loosenedId(first.out)
    const word = await diff('--acknowledge', id, '--reason', 'a shared inbox', '--until', FAR)
    expect(word.code).toBe(0)
    expect(word.out).toContain(`until ${FAR}: a shared inbox`)
    expect(JSON.parse(await written()).acknowledged).toEqual({
      [id]: {
        change: 'GET /invoices/{invoice}: access is wider: owns invoice → signedIn',
        reason: 'a shared inbox',
        until: FAR,
      },
    })
    expect((await diff()).code).toBe(0)
    const expired = await keep(() => runDiff([at('new.yaml')], { lock: lock() }, new Date('2200-01-01T00:00:00Z')))
    expect(expired.code).toBe(1)
    expect(expired.out).toContain(`it was acknowledged until ${FAR}, which has passed: a shared inbox`)
  })

  it('the acknowledgements hold for two given sides as well', async () => {
    const id = loosenedId((await diff()).out)
    await diff('--acknowledge', id, '--reason', 'r', '--until', FAR)
    expect((await run('diff', '--lock', lock(), at('old.json'), at('new.yaml'))).code).toBe(0)
    expect((await run('diff', at('old.json'), at('new.yaml'))).code).toBe(1)
  })

  it.each<[string, readonly string[], RegExp]>([
    ['no reason', ['--until', FAR], /a reason is missing/],
    ['no day', ['--reason', 'r'], /the last day is missing: --until \d{4}-\d\d-\d\d/],
    ['a day that has passed', ['--reason', 'r', '--until', '2020-01-01'], /2020-01-01 has passed/],
  ])('an acknowledgement with %s is wrong use, and writes nothing', async (_name, more, message) => {
    const before = await written()
    const id = loosenedId((await diff()).out)
    const { code, err } = await diff('--acknowledge', id, ...more)
    expect([code, err]).toEqual([2, expect.stringMatching(message)])
    expect(await written()).toBe(before)
  })

  it.each<[string, readonly string[], RegExp]>([
    [
      'of an unknown change',
      ['--acknowledge', 'ffffffffff', '--reason', 'r', '--until', FAR],
      /"ffffffffff" is no change that loosens/,
    ],
    ['without a change', ['--reason', 'r'], /--reason and --until belong to --acknowledge/],
  ])('an acknowledgement %s is wrong use', async (_name, more, message) => {
    const { code, err } = await diff(...more)
    expect([code, err]).toEqual([2, expect.stringMatching(message)])
  })

  it('lock does not take a loosening unseen: it takes one that is acknowledged for a while, or agreed to for good', async () => {
    const before = await written()
    const refused = await run('lock', at('new.yaml'), '--file', lock())
    expect([refused.code, await written()]).toEqual([1, before])
    expect(refused.out).toContain('is as it was: something loosens')

    await diff('--acknowledge', loosenedId(refused.out), '--reason', 'r', '--until', FAR)
    const moved = await run('lock', at('new.yaml'), '--file', lock())
    expect([moved.code, moved.out]).toEqual([
      0,
      expect.stringContaining('1 acknowledged for a while: their places stay as they were'),
    ])
    expect((await diff()).out).not.toContain('Tightened')

    expect((await run('lock', at('new.yaml'), '--file', lock(), '--loosened')).code).toBe(0)
    expect((await diff()).out).toBe('Nothing changed that this compares.\n')
    expect(JSON.parse(await written()).acknowledged).toBeUndefined()
  })

  it('names acknowledgements of what is not there any more', async () => {
    const id = loosenedId((await diff()).out)
    await diff('--acknowledge', id, '--reason', 'r', '--until', FAR)
    expect((await run('diff', '--lock', lock(), at('old.json'))).out).toContain(
      `Acknowledged, but not there any more: ${id}`,
    )
  })

  it('an api module is compared by what it exports', async () => {
    const demo = 'examples/billing/turnpike.lock.json'
    expect(await run('diff', '--lock', demo, 'examples/billing/api.ts')).toMatchObject({
      code: 0,
      out: 'Nothing changed that this compares.\n',
    })
  })

  it.each<[string, () => readonly string[], RegExp]>([
    [
      'no such lock file',
      () => ['diff', '--lock', at('none.json'), at('new.yaml')],
      /there is no lock file .*write it first: npx turnpike lock/,
    ],
    [
      'a lock file that is none',
      () => ['diff', '--lock', at('old.json'), at('new.yaml')],
      /it is no lock file of version 1/,
    ],
    ['three contracts', () => ['diff', at('old.json'), at('new.yaml'), at('old.json')], /it got 3/],
    ['no contract', () => ['diff'], /missing required argument/],
    ['no such file', () => ['diff', at('old.json'), at('none.yaml')], /there is no file/],
    [
      'no document',
      () => ['diff', at('old.json'), 'package.json'],
      /"package.json" cannot be compared: it is no OpenAPI/,
    ],
    ['a lock of settings', () => ['lock', folder], /there is no file ".*facts.json"/],
  ])('%s is wrong use', async (_name, args, message) => {
    const { code, err, out } = await run(...args())
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
  })
})
