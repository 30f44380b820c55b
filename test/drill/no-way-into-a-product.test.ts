import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as drill from '../../src/drill/index.ts'
import * as index from '../../src/index.ts'
import * as server from '../../src/server/index.ts'

const SOURCE = join(import.meta.dirname, '../../src')
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))

it('exports nothing that takes a check away', () => {
  expect(Object.keys(drill).sort()).toEqual(['startTrial', 'trial'])
  for (const exported of [index, server])
    expect(Object.keys(exported).filter((name) => /check|switch|drill|gateWith/i.test(name))).toEqual([])
})

it('is known to the command line alone: a product neither imports it nor asks its variable', () => {
  const others = files.filter((path) => !/^(drill|cli)[\\/]/.test(path))
  expect(others.length).toBeGreaterThan(100)
  for (const path of others) {
    const text = readFileSync(join(SOURCE, path), 'utf8')
    expect(text, path).not.toMatch(/TURNPIKE_DRILL|from '[^']*\/drill\//)
  }
  const askers = files.filter((path) => readFileSync(join(SOURCE, path), 'utf8').includes('[DRILL_VARIABLE]'))
  expect(askers.sort()).toEqual(['drill/open-trial.ts', 'drill/suite.ts'])
})
