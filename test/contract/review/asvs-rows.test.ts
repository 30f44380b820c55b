import { expect, it } from 'vitest'
import { billing } from '../../../examples/billing/api.ts'
import { formatReview } from '../../../src/contract/review/format-review.ts'
import { review } from '../../../src/contract/review/review.ts'
import type { Surroundings } from '../../../src/contract/review/surroundings.ts'
import { bench } from '../../identity/local-identity.ts'

const rowsOf = (identity: NonNullable<Surroundings['identity']>) =>
  review(billing, { identity }).checklist.filter(({ part }) => part === 'asvs')

it('says of each demand by which mechanism it is held, or that it is missing', async () => {
  const { identity } = await bench()
  const rows = rowsOf(identity.describe)
  const stateOf = (id: string) => rows.find((row) => row.id === id)
  expect(stateOf('6.3.1')).toMatchObject({ state: 'held', by: [expect.stringContaining('known device')] })
  expect(stateOf('7.5.2')).toMatchObject({ state: 'held' })
  expect(stateOf('6.2.12')).toMatchObject({ state: 'missing', by: [] })
  // Whatever is claimed is a demand of the list: no claim goes unseen.
  const claimed = Object.keys(identity.describe.controls ?? {})
  expect(claimed.filter((id) => stateOf(id)?.state !== 'held')).toEqual([])
  expect(formatReview(review(billing, { identity: identity.describe }))).toContain(
    '7.5.2 (level 2) Users see their sessions',
  )
})

it('follows the configuration', async () => {
  const { identity } = await bench({ passwordPolicy: { rules: 'composition', blocklist: () => false } })
  const rows = rowsOf(identity.describe)
  expect(rows.find(({ id }) => id === '6.2.5')).toMatchObject({ state: 'missing' })
  expect(rows.find(({ id }) => id === '6.2.12')).toMatchObject({ state: 'held' })
})

it('judges nothing where the identity does not say', () => {
  expect(rowsOf({ credentials: [], passwords: null, tokenGaps: [], lacks: [] })).toEqual([])
})
