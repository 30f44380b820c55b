import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { installed, isBuilt, root } from './installed.ts'

const watch = fileURLToPath(new URL('./fixtures/watch-imports.js', import.meta.url))
const { folder, remove } = installed(['fastify'])
afterAll(remove)

const DATABASES = ['@electric-sql/pglite', 'kysely']
const HASHES = ['@node-rs/argon2', '@node-rs/bcrypt']
const SERVERS = ['fastify']
const OTHERS = ['undici', 'jose', 'pino', 'prom-client']

interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  readonly urls: readonly string[]
  /** Names of the npm packages of which a module was loaded. */
  readonly packages: readonly string[]
}

/** Runs Node in the folder of a user of the package and lists what it loaded. */
function run(...args: readonly string[]): Run {
  const loaded = join(folder, 'loaded.txt')
  writeFileSync(loaded, '')
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', watch, ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, LOADED: loaded, NO_COLOR: '1' },
  })
  const urls = [...new Set(readFileSync(loaded, 'utf8').trim().split('\n'))]
  const packages = urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? [])
  return { status, stdout, stderr, urls, packages: [...new Set(packages)] }
}

const needless = (packages: readonly string[], names: readonly string[]): string[] =>
  packages.filter((name) => names.some((each) => each === name || name.startsWith(`${each}-`)))

function program(name: string, source: string): string {
  const file = join(folder, name)
  writeFileSync(file, source)
  return file
}

it('the watch sees what is imported, and what that requires in turn', () => {
  const { status, packages } = run(program('host.mjs', "import 'fastify'"))
  expect(status).toBe(0)
  expect(packages).toEqual(expect.arrayContaining(['fastify', 'avvio']))
})

describe('importing the contract loads no database, hash, server or token code', () => {
  for (const [name, file] of [
    ['turnpike', 'dist/src/index.js'],
    ['turnpike/review', 'dist/src/contract/review/review.js'],
    ['turnpike/openapi', 'dist/src/contract/to-openapi.js'],
  ] as const) {
    const built = isBuilt(file)
    it.skipIf(!built)(`${name}${built ? '' : ' (needs the build)'}`, () => {
      const { status, stderr, urls, packages } = run(program('program.mjs', `import '${name}'`))
      expect(status, stderr).toBe(0)
      expect(urls.some((url) => url.endsWith(`/${file}`))).toBe(true)
      expect(needless(packages, [...DATABASES, ...HASHES, ...SERVERS, ...OTHERS])).toEqual([])
    })
  }
})

const CLI = 'dist/src/cli/main.js'

describe.skipIf(!isBuilt(CLI))(`a command loads only what it uses${isBuilt(CLI) ? '' : ' (needs the build)'}`, () => {
  const cli = join(root, CLI)
  const contract = () =>
    program(
      'api.mjs',
      `import { anyone, api, endpoint, plain } from 'turnpike'
       import { z } from 'zod'
       export default api({
         title: 'Clock',
         endpoints: [
           endpoint('GET /v1/time', {
             summary: 'Tell the time',
             access: anyone('the time is no secret'),
             limit: '60/minute',
             reply: plain(z.strictObject({ now: z.iso.datetime() }), 'the time belongs to nobody'),
             handle: () => ({ now: new Date().toISOString() }),
           }),
         ],
       })`,
    )

  it('--help', () => {
    const { status, stdout, stderr, packages } = run(cli, '--help')
    expect(status, stderr).toBe(0)
    expect(stdout).toContain('review')
    expect(needless(packages, [...DATABASES, ...HASHES, ...SERVERS])).toEqual([])
  })

  it.each(['review', 'matrix'])('%s', (command) => {
    const api = contract()
    const { status, stdout, stderr, urls, packages } = run(cli, command, api)
    // Findings (1) are an answer too; wrong use or a crash is not.
    expect([0, 1], stderr).toContain(status)
    expect(stdout).toContain('/v1/time')
    expect(urls.some((url) => url.endsWith('/api.mjs') || url.includes('/api.mjs?'))).toBe(true)
    expect(needless(packages, [...DATABASES, ...HASHES, ...SERVERS])).toEqual([])
  })
})
