import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ATTACK_INDEX, attackIndex, headingOf, pageOf } from '../../scripts/attack-index.ts'
import { ATTACKS } from '../../src/prover/attacks/attacks.ts'

const textOf = (page: string): string => {
  const file = new URL(page, ATTACK_INDEX)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

it('docs/attacks/README.md is what scripts/attack-index.ts writes', () => {
  expect(readFileSync(ATTACK_INDEX, 'utf8')).toBe(attackIndex())
})

it('every attack has a section with code in the page of its risk', () => {
  const missing = ATTACKS.filter((attack) => {
    const section = textOf(pageOf(attack))
      .split(/^(?=## )/m)
      .find((each) => each.startsWith(`${headingOf(attack)}\n`))
    return section === undefined || !section.includes('```')
  })
  expect(missing.map((attack) => `${pageOf(attack)}: ${headingOf(attack)}`)).toEqual([])
})

it('no page has a section of an attack that there is not', () => {
  const known = new Set(ATTACKS.map((attack) => `${pageOf(attack)} ${headingOf(attack)}`))
  const pages = [...new Set(ATTACKS.map(pageOf))]
  const unknown = pages.flatMap((page) =>
    [...textOf(page).matchAll(/^## \d.*$/gm)]
      .map(([heading]) => `${page} ${heading}`)
      .filter((each) => !known.has(each)),
  )
  expect(unknown).toEqual([])
})
