import { describe, expect, it } from 'vitest'
import { API1 } from '../../../src/prover/attacks/api1/api1.ts'
import { runAttacks } from '../fixtures/run-attack.ts'
import { SHOP_DOCUMENT, SHOPPERS, type ShopFault, startShop } from '../fixtures/shop-api.ts'

/** Attack and operation that tell each fault. */
const PLANTED: Readonly<Record<ShopFault, string>> = {
  'read order': 'object-read GET /orders/{id}',
  receipt: 'object-read GET /orders/{id}/receipt',
  'update order': 'object-write PUT /orders/{id}',
  'cancel order': 'object-delete POST /orders/{id}/cancel',
  'list of a user': 'object-read GET /users/{userId}/orders',
  'edit review': 'object-write PUT /reviews/{id}',
  'track by query': 'id-in-query GET /track',
  'bulk status': 'batch-mixed POST /orders/bulk/status',
  'ship to address': 'id-in-body POST /shipments',
}

async function findings(...faults: readonly ShopFault[]) {
  const shop = await startShop(...faults)
  try {
    const { results } = await runAttacks(API1, shop.url, { document: SHOP_DOCUMENT, people: SHOPPERS })
    const failed = results.filter(({ outcome, severity }) => outcome === 'fail' && severity !== 'info')
    return { told: [...new Set(failed.map(({ attack, operation }) => `${attack} ${operation}`))], results }
  } finally {
    await shop.close()
  }
}

describe('a foreign shop that says nothing of whose its objects are', () => {
  it('has no finding while it is sound, beside ids that can be counted', async () => {
    const { told, results } = await findings()
    expect(told).toEqual([])
    expect(results.some(({ attack, outcome }) => attack === 'sequential-ids' && outcome === 'fail')).toBe(true)
  })

  for (const [fault, finding] of Object.entries(PLANTED))
    it(`tells ${fault}, and nothing else`, async () => {
      const { told, results } = await findings(fault as ShopFault)
      const shown = results.map(({ attack, operation, outcome, why }) => `${outcome} ${attack} ${operation}: ${why}`)
      expect(told, shown.join('\n')).toEqual([finding])
    })
})
