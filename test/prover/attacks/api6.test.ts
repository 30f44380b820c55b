import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Attack } from '../../../src/prover/attack.ts'
import { clientSidePrice } from '../../../src/prover/attacks/api6/client-side-price.ts'
import { flowUnbounded } from '../../../src/prover/attacks/api6/flow-unbounded.ts'
import { impossibleQuantity } from '../../../src/prover/attacks/api6/impossible-quantity.ts'
import { onceInParallel } from '../../../src/prover/attacks/api6/once-in-parallel.ts'
import { onceRepeated } from '../../../src/prover/attacks/api6/once-repeated.ts'
import { impossible, OVERFLOW } from '../../../src/prover/attacks/api6/quantities.ts'
import { stepSkipped } from '../../../src/prover/attacks/api6/step-skipped.ts'
import type { Operation } from '../../../src/prover/plan/plan.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { startNotes } from '../fixtures/notes-api.ts'
import { charge, type ShopParts, shopDocument, shopParts, soundOrder } from '../fixtures/orders-api.ts'
import { type RunOptions, runAttacks } from '../fixtures/run-attack.ts'

const outcomes = async (attack: Attack, parts: ShopParts, options: RunOptions = {}) => {
  const server = await startNotes(shopParts(parts))
  try {
    return await runAttacks([attack], server.url, { document: shopDocument(), ...options })
  } finally {
    await server.close()
  }
}

const rule = (more: object) => ({ access: { signedIn: true }, limit: { rate: '1000/minute' }, ...more })

describeAttack({
  attack: onceRepeated,
  document: shopDocument(),
  vulnerable: shopParts({
    pay(order, _body, shop) {
      charge(shop, order.ownerId, order.total)
      return { ...order, status: 'paid' }
    },
  }),
  fixed: shopParts(),
})

describeAttack({
  attack: onceRepeated,
  name: 'by the contract',
  document: shopDocument({ payExtension: rule({ flow: { once: true } }) }),
  vulnerable: shopParts({ pay: (order) => ({ ...order, status: 'paid' }) }),
  fixed: shopParts(),
})

describeAttack({
  attack: onceInParallel,
  document: shopDocument(),
  vulnerable: shopParts({
    async pay(order, _body, shop) {
      if (shop.orders.get(order.id)?.status !== 'open') return null
      await delay(30)
      charge(shop, order.ownerId, order.total)
      return { ...order, status: 'paid' }
    },
  }),
  fixed: shopParts(),
})

describeAttack({
  attack: stepSkipped,
  document: shopDocument(),
  vulnerable: shopParts({ ship: (order) => ({ ...order, status: 'shipped' }) }),
  fixed: shopParts(),
})

describeAttack({
  attack: stepSkipped,
  name: 'by the contract',
  document: shopDocument({
    payExtension: rule({}),
    shipExtension: rule({ flow: { after: 'POST /orders/:orderId/pay' } }),
  }),
  vulnerable: shopParts({ ship: (order) => order }),
  fixed: shopParts(),
})

describeAttack({
  attack: impossibleQuantity,
  name: 'read back',
  document: shopDocument({ quantity: { minimum: 1, maximum: 100 } }),
  vulnerable: shopParts({ order: ({ quantity }) => ({ quantity: Number(quantity), total: Number(quantity) * 250 }) }),
  fixed: shopParts(),
})

describeAttack({
  attack: impossibleQuantity,
  name: 'a transfer of less than nothing',
  document: shopDocument(),
  vulnerable: shopParts({ mayTransfer: (amount, balance) => amount <= balance }),
  fixed: shopParts(),
})

describeAttack({
  attack: impossibleQuantity,
  name: 'an overflow',
  document: shopDocument({ quantity: { minimum: 1 } }),
  vulnerable: shopParts({
    order: ({ quantity }) => (Number(quantity) >= 1 ? { quantity: Number(quantity) | 0, total: 250 } : null),
  }),
  fixed: shopParts(),
})

describeAttack({
  attack: clientSidePrice,
  name: 'a price that the request offers',
  document: shopDocument({ orderFields: { price: { type: 'integer' } } }),
  vulnerable: shopParts({
    order: ({ quantity, price }) => ({ quantity: Number(quantity), total: Number(quantity) * Number(price) }),
  }),
  fixed: shopParts(),
})

describeAttack({
  attack: clientSidePrice,
  name: 'a price that nobody asked for',
  document: shopDocument(),
  vulnerable: shopParts({
    order: (body) => ({ quantity: 1, total: 250, ...(typeof body.total === 'number' ? { total: body.total } : {}) }),
  }),
  fixed: shopParts(),
})

describeAttack({
  attack: clientSidePrice,
  name: 'a payment of one',
  document: shopDocument({ pay: { amount: { type: 'integer', minimum: 1 } } }),
  vulnerable: shopParts({ pay: (order) => (order.status === 'open' ? { ...order, status: 'paid' } : null) }),
  fixed: shopParts(),
})

describeAttack({
  attack: flowUnbounded,
  name: 'the same key, the same payload',
  document: shopDocument({ keyHeader: { required: false } }),
  vulnerable: shopParts({ replayed: () => undefined }),
  fixed: shopParts(),
})

describeAttack({
  attack: flowUnbounded,
  name: 'the same key, another payload',
  document: shopDocument({ keyHeader: { required: false } }),
  vulnerable: shopParts({
    replayed: (key, payload, { replies }) =>
      replies.get(key)?.payload === payload ? replies.get(key)?.reply : undefined,
  }),
  fixed: shopParts(),
})

describeAttack({
  attack: flowUnbounded,
  name: 'no key',
  document: shopDocument({ keyHeader: { required: true } }),
  vulnerable: shopParts(),
  fixed: shopParts({ needsKey: true }),
  hints: { operations: { 'POST /orders': { body: { productId: 'p-lamp', quantity: 3 } } } },
})

describeAttack({
  attack: flowUnbounded,
  name: 'the quota of the contract',
  document: shopDocument({ payExtension: rule({ flow: { perPrincipal: '5/day' } }) }),
  vulnerable: shopParts(),
  fixed: shopParts({ quota: 5 }),
})

describe('flows: what is not reported', () => {
  it('a second call that repeats the reply of the first', async () => {
    const { counts } = await outcomes(onceRepeated, {
      pay(order, _body, shop) {
        if (order.status === 'open') charge(shop, order.ownerId, order.total)
        return { ...order, status: 'paid' }
      },
    })
    expect(counts).toMatchObject({ pass: 1, fail: 0, inconclusive: 0 })
  })

  it('calls at once of which all succeed and one counts', async () => {
    const { counts } = await outcomes(onceInParallel, {
      async pay(order, _body, shop) {
        const isFirst = shop.orders.get(order.id)?.status === 'open'
        shop.orders.set(order.id, { ...order, status: 'paid' })
        if (isFirst) charge(shop, order.ownerId, order.total)
        await delay(10)
        return { ...order, status: 'paid' }
      },
    })
    expect(counts).toMatchObject({ pass: 1, fail: 0, inconclusive: 0 })
  })

  it('an order that is shipped before it is paid where it was paid when it was made', async () => {
    const { counts } = await outcomes(stepSkipped, {
      pay: (order) => ({ ...order, status: 'paid' }),
      ship: (order) => order,
    })
    expect(counts.fail).toBe(0)
  })

  it('a part payment that leaves the rest owed', async () => {
    const { counts } = await outcomes(
      clientSidePrice,
      { pay: (order, { amount }) => ({ ...order, status: amount === order.total ? 'paid' : 'partly paid' }) },
      { document: shopDocument({ pay: { amount: { type: 'integer', minimum: 1 } } }) },
    )
    expect(counts.fail).toBe(0)
  })

  it('a shelf that is empty, and a correction that goes down', () => {
    const quantity = { type: 'integer' }
    const at = (path: string) => ({ path }) as Operation
    expect(impossible(quantity, 'quantity', at('/stock/{id}'))).not.toContain(0)
    expect(impossible(quantity, 'quantity', at('/adjustments'))).not.toContain(-1)
    expect(impossible({ ...quantity, minimum: 1 }, 'quantity', at('/adjustments'))).toEqual([-1, 0, OVERFLOW])
    expect(impossible({ ...quantity, maximum: 9 }, 'amount', at('/entries'))).toEqual([10])
  })

  it('a quantity that the contract allows below zero', async () => {
    const { counts } = await outcomes(
      impossibleQuantity,
      { order: ({ quantity }) => ({ quantity: Number(quantity), total: 250 }), mayTransfer: (amount) => amount > 0 },
      { document: shopDocument({ quantity: { minimum: -10 } }) },
    )
    expect(counts.fail).toBe(0)
  })
})

describe('flows: what cannot be judged', () => {
  it('is inconclusive where the owner cannot take the step once', async () => {
    for (const attack of [onceRepeated, onceInParallel, stepSkipped]) {
      const { counts } = await outcomes(attack, { pay: () => null })
      expect(counts).toMatchObject({ pass: 0, fail: 0 })
    }
  })

  it('is inconclusive where a second success shows nothing of what it did', async () => {
    const { counts } = await outcomes(onceRepeated, { pay: (order) => order })
    expect(counts).toMatchObject({ pass: 0, fail: 0, inconclusive: 1 })
  })

  it('concludes nothing of a target that answers 429 all along', async () => {
    const server = await startNotes({
      ...shopParts(),
      before: (app) =>
        app.post(
          '/orders/:orderId/pay',
          (_request, response) => void response.status(429).set('Retry-After', '600').end(),
        ),
    })
    try {
      const { counts } = await runAttacks([onceRepeated, onceInParallel], server.url, { document: shopDocument() })
      expect(counts).toMatchObject({ pass: 0, fail: 0, inconclusive: 2 })
    } finally {
      await server.close()
    }
  })

  it('is not tested where nothing may be used up', async () => {
    for (const attack of [onceRepeated, onceInParallel, stepSkipped, impossibleQuantity, clientSidePrice]) {
      const { counts } = await outcomes(attack, {}, { safe: true })
      expect(counts).toMatchObject({ pass: 0, fail: 0, inconclusive: 0 })
    }
  })

  it('is not tested where there is no such step, and says so', async () => {
    const server = await startNotes()
    try {
      for (const attack of [
        onceRepeated,
        onceInParallel,
        stepSkipped,
        impossibleQuantity,
        clientSidePrice,
        flowUnbounded,
      ]) {
        const { results } = await runAttacks([attack], server.url)
        expect(results).toHaveLength(1)
        expect(results[0]?.outcome).toBe('not-tested')
      }
    } finally {
      await server.close()
    }
  })

  it('is not tested where the price of a product is not shown', async () => {
    const hidden = shopDocument() as { paths: Record<string, unknown> }
    const { counts } = await outcomes(
      clientSidePrice,
      { order: soundOrder },
      {
        document: {
          ...hidden,
          paths: Object.fromEntries(Object.entries(hidden.paths).filter(([path]) => !path.startsWith('/products'))),
        },
      },
    )
    expect(counts).toMatchObject({ pass: 0, fail: 0 })
  })
})
