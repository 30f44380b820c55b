import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isBuilt, root } from './installed.ts'

const text = (path: string): string => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(text('package.json')) as {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  allowScripts: Record<string, boolean>
  exports: Record<string, string | { source: string; types: string; default: string }>
}
const lock = JSON.parse(text('package-lock.json')) as {
  packages: Record<string, { resolved?: string; integrity?: string; hasInstallScript?: boolean }>
}

describe('package.json', () => {
  it.each(Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))(
    '%s %s is one exact version',
    (_name, version) => {
      // A pre-release is one version as well; a range is none.
      expect(version).toMatch(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/)
    },
  )

  it('every entry is the build of the source it names', () => {
    for (const target of Object.values(manifest.exports)) {
      if (typeof target === 'string') continue
      const path = target.source.slice('./src/'.length, -'.ts'.length)
      expect(target).toEqual({
        source: `./src/${path}.ts`,
        types: `./dist/src/${path}.d.ts`,
        default: `./dist/src/${path}.js`,
      })
      expect(isBuilt(target.source), target.source).toBe(true)
    }
  })
})

describe('package-lock.json', () => {
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '')

  it('pins each package by its hash and names no host', () => {
    expect(packages.filter(([, each]) => each.integrity === undefined).map(([path]) => path)).toEqual([])
    expect(packages.filter(([, each]) => each.resolved !== undefined).map(([path]) => path)).toEqual([])
  })

  it('no package runs a script at install unless package.json says so', () => {
    const scripted = packages
      .filter(([, each]) => each.hasInstallScript)
      .map(([path]) => path.split('node_modules/').at(-1))
    expect(scripted.sort()).toEqual(Object.keys(manifest.allowScripts).sort())
  })
})
