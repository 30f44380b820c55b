import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { installed, isBuilt, root } from './installed.ts'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { default: string }>
}
const entries = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ name: `turnpike${subpath.slice(1)}`, file: target.default.slice(2) }],
)

/** What a CommonJS program gets from `require(name)`: the names, sorted. */
function requireFrom(folder: string, name: string): string[] {
  const script = join(folder, 'program.cjs')
  writeFileSync(script, `process.stdout.write(JSON.stringify(Object.keys(require(${JSON.stringify(name)}))))`)
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', cwd: folder })
  expect(status, stderr).toBe(0)
  return (JSON.parse(stdout) as string[]).sort()
}

// require() of a module that awaits at its top level, itself or in anything it imports, throws ERR_REQUIRE_ASYNC_MODULE.
describe('require() from CommonJS', () => {
  const { folder, remove } = installed()
  afterAll(remove)

  for (const { name, file } of entries) {
    const built = isBuilt(file)
    it.skipIf(!built)(`${name} loads${built ? '' : ' (needs the build)'}`, () => {
      expect(requireFrom(folder, name)).not.toEqual([])
    })
  }

  const built = isBuilt('dist/src/index.js')
  it.skipIf(!built)(`turnpike is the whole contract${built ? '' : ' (needs the build)'}`, () => {
    expect(requireFrom(folder, 'turnpike')).toEqual(
      expect.arrayContaining(['api', 'endpoint', 'resource', 'owns', 'role', 'any', 'page', 'Refusal']),
    )
  })
})
