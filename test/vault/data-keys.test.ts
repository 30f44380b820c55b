import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { StoreError } from '../../src/base/store-error.ts'
import { createVault, generateKeyRing, type Place, parseKeyRing, retire, rotate } from '../../src/vault/index.ts'
import { MemoryDataKeys } from './memory-data-keys.ts'

const ring = generateKeyRing()
const at = (subject: string, id = '1'): Place => ({ tenant: 't', table: 'users', column: 'email', id, subject })

function setup(options: { cacheSize?: number; cacheSeconds?: number } = {}) {
  const store = new MemoryDataKeys()
  const clock = new ManualClock()
  const open = () => createVault({ ring, dataKeys: store, clock, ...options })
  return { store, clock, vault: open(), otherNode: open() }
}

function paused() {
  let resume = () => {}
  const promise = new Promise<void>((resolve) => {
    resume = resolve
  })
  return { promise, resume }
}

/** The transactions of one store, as one request sees them: open or not. A roll-back takes back what was inserted or destroyed. */
function units(store: MemoryDataKeys) {
  let open = false
  let hooks: ((committed: boolean) => void)[] = []
  let before = new Map(store.rows)
  return {
    inOpenTransaction: () => open,
    onSettled: (hook: (committed: boolean) => void) => void hooks.push(hook),
    /** Other requests on this node go on meanwhile. */
    outside: async <T>(work: () => Promise<T>): Promise<T> => {
      open = false
      const result = await work()
      open = true
      return result
    },
    begin: () => {
      open = true
      hooks = []
      before = new Map(store.rows)
    },
    settle: (committed: boolean) => {
      open = false
      if (!committed) {
        store.rows.clear()
        for (const [subject, key] of before) store.rows.set(subject, key)
      }
      for (const hook of hooks) hook(committed)
    },
  }
}

describe('a data key a subject', () => {
  it('is made once by a hundred first uses at once, on two nodes', async () => {
    const { vault, otherNode, store } = setup()
    const seals = Array.from({ length: 100 }, (_, index) => (index % 2 ? vault : otherNode).seal(index, at('alice')))
    const texts = await Promise.all(seals)
    expect(store.rows.size).toBe(1)
    for (const [index, text] of texts.entries()) expect(await vault.open(text, at('alice'))).toBe(index)
  })

  it('is stored wrapped only, and differs from subject to subject', async () => {
    const { vault, store } = setup()
    await Promise.all(['a', 'b', 'c'].map((subject) => vault.seal('x', at(subject))))
    const rows = [...store.rows.values()]
    expect(new Set(rows.map((row) => row.wrapped)).size).toBe(3)
    for (const row of rows) {
      expect(row.kid).toBe(ring.active)
      expect(Buffer.from(row.wrapped, 'base64url')).toHaveLength(12 + 32 + 16)
    }
  })

  it('costs one load and one insert, then nothing', async () => {
    const { vault, store } = setup()
    for (let round = 0; round < 5; round++) await vault.open(await vault.seal('x', at('alice')), at('alice'))
    expect(store.calls).toEqual(['load', 'insert'])
  })

  it.each(['subject', 'kid', 'wrapped'] as const)('does not open when its stored %s was changed', async (part) => {
    const { vault, otherNode, store } = setup()
    const two = createVault({ ring: rotate(ring), dataKeys: store })
    const text = await vault.seal('x', at('alice'))
    await vault.seal('x', at('bob'))
    const alice = store.rows.get('alice')
    const bob = store.rows.get('bob')
    if (!alice || !bob) throw new Error('both have keys')
    const changes = {
      subject: { ...bob, subject: 'alice' },
      kid: { ...alice, kid: 'other' },
      wrapped: { ...alice, wrapped: `${alice.wrapped.slice(0, -1)}${alice.wrapped.endsWith('_') ? 'A' : '_'}` },
    }
    store.rows.set('alice', changes[part])
    for (const node of [otherNode, two]) {
      await expect(node.open(text, at('alice'))).rejects.toThrow(StoreError)
      await expect(node.seal('y', at('alice'))).rejects.toThrow(StoreError)
    }
    expect(store.rows.get('alice')).toEqual(changes[part])
  })

  it('passes the failure of its store on', async () => {
    const { vault, store } = setup()
    store.load = () => Promise.reject(new StoreError('down'))
    await expect(vault.seal('x', at('alice'))).rejects.toThrow('down')
    await expect(vault.open(`s1.${'A'.repeat(80)}`, at('alice'))).rejects.toThrow('down')
    await expect(vault.preload(['alice'])).rejects.toThrow('down')
  })

  it('shows nothing of the vault and its keys', async () => {
    const { vault } = setup()
    await vault.seal('x', at('alice'))
    const root = JSON.parse(ring.export().reveal()).keys[0].key as string
    const shown = inspect(vault, { depth: 9, showHidden: true }) + JSON.stringify(vault)
    expect(shown).not.toContain(root)
    expect(shown).not.toMatch(/Buffer|Uint8Array/)
  })
})

describe('destroy', () => {
  it('makes everything of the subject null, for good, and of nobody else', async () => {
    const { vault, otherNode, store } = setup()
    const texts = await Promise.all(['1', '2'].map((id) => vault.seal(id, at('alice', id))))
    const other = await vault.seal('bob', at('bob'))
    await vault.destroy('alice')
    for (const node of [vault, otherNode]) {
      for (const [index, text] of texts.entries()) expect(await node.open(text, at('alice', `${index + 1}`))).toBeNull()
      expect(node.openSync(texts[0] as string, at('alice', '1'))).toBeNull()
      expect(await node.open(other, at('bob'))).toBe('bob')
    }
    expect(store.rows.has('alice')).toBe(false)
  })

  it('lets nothing be sealed for the subject again', async () => {
    const { vault, store } = setup()
    await vault.seal('x', at('alice'))
    await vault.destroy('alice')
    await expect(vault.seal('y', at('alice'))).rejects.toMatchObject({ code: 'conflict' })
    expect(store.rows.size).toBe(0)
  })

  it('is not undone by opening', async () => {
    const { vault, store } = setup()
    const text = await vault.seal('x', at('alice'))
    await vault.destroy('alice')
    store.gone.clear()
    store.calls.length = 0
    expect(await vault.open(text, at('alice'))).toBeNull()
    await vault.preload(['alice'])
    expect(vault.openSync(text, at('alice'))).toBeNull()
    expect(store.count('insert')).toBe(0)
    expect(store.rows.size).toBe(0)
  })

  it('wins over a load that had read the key before', async () => {
    const { store, vault, otherNode } = setup()
    const text = await otherNode.seal('x', at('alice'))
    const { promise, resume } = paused()
    store.pause = () => promise
    const late = vault.open(text, at('alice'))
    await vault.destroy('alice')
    resume()
    expect(await late).toBeNull()
    store.pause = async () => {}
    expect(await vault.open(text, at('alice'))).toBeNull()
  })

  it('wins over a first use that was on its way', async () => {
    const { store, vault } = setup()
    const { promise, resume } = paused()
    store.pause = () => (store.count('insert') === 0 ? Promise.resolve() : promise)
    const late = vault.seal('x', at('alice')).catch((error: unknown) => error)
    while (store.count('insert') === 0) await Promise.resolve()
    await vault.destroy('alice')
    resume()
    expect(await late).toMatchObject({ code: 'conflict' })
  })

  it('reaches another node that has the key in memory within cacheSeconds', async () => {
    const { vault, otherNode, clock } = setup({ cacheSeconds: 60 })
    const text = await vault.seal('x', at('alice'))
    expect(await otherNode.open(text, at('alice'))).toBe('x')
    await vault.destroy('alice')
    clock.advance(59_999)
    expect(await otherNode.open(text, at('alice'))).toBe('x')
    clock.advance(1)
    expect(await otherNode.open(text, at('alice'))).toBeNull()
    await expect(otherNode.seal('y', at('alice'))).rejects.toMatchObject({ code: 'conflict' })
  })

  it('forgets the key even when the store fails after the deed', async () => {
    const { vault, store } = setup()
    const text = await vault.seal('x', at('alice'))
    store.destroy = async (subject) => {
      store.rows.delete(subject)
      throw new StoreError('connection lost')
    }
    await expect(vault.destroy('alice')).rejects.toThrow('connection lost')
    expect(await vault.open(text, at('alice'))).toBeNull()
  })
})

describe('transactions', () => {
  function inUnits() {
    const store = new MemoryDataKeys()
    const transactions = units(store)
    return { store, transactions, vault: createVault({ ring, dataKeys: store, transactions }) }
  }

  it('a key that was rolled back seals nothing afterwards', async () => {
    const { store, transactions, vault } = inUnits()
    transactions.begin()
    await vault.seal('lost with its row', at('alice'))
    transactions.settle(false)
    const text = await vault.seal('kept', at('alice'))
    expect(store.count('insert')).toBe(2)
    expect(await createVault({ ring, dataKeys: store }).open(text, at('alice'))).toBe('kept')
  })

  it('another request does not seal with a key that may still roll back', async () => {
    const { store, transactions, vault } = inUnits()
    transactions.begin()
    await vault.seal('lost', at('alice'))
    // What another connection sees: not the open transaction's key.
    const theirs = store.rows.get('alice')
    store.rows.delete('alice')
    const text = await transactions.outside(() => vault.seal('theirs', at('alice')))
    const kept = store.rows.get('alice')
    expect(kept).not.toEqual(theirs)
    transactions.settle(false)
    store.rows.set('alice', kept as never)
    expect(await vault.open(text, at('alice'))).toBe('theirs')
    expect(await createVault({ ring, dataKeys: store }).open(text, at('alice'))).toBe('theirs')
  })

  it('inside, what was sealed opens at once; after the commit it costs no store call', async () => {
    const { store, transactions, vault } = inUnits()
    transactions.begin()
    const text = await vault.seal('x', at('alice'))
    await vault.preload(['alice'])
    expect(vault.openSync(text, at('alice'))).toBe('x')
    transactions.settle(true)
    store.calls.length = 0
    expect(await vault.open(await vault.seal('y', at('alice')), at('alice'))).toBe('y')
    expect(store.calls).toEqual([])
  })

  it('a key that another request cached before the destruction was committed goes with the commit', async () => {
    const { store, transactions, vault } = inUnits()
    const text = await vault.seal('x', at('alice'))
    const row = store.rows.get('alice')
    transactions.begin()
    await vault.destroy('alice')
    await transactions.outside(async () => {
      store.rows.set('alice', row as never)
      expect(await vault.open(text, at('alice'))).toBe('x')
      store.rows.delete('alice')
    })
    transactions.settle(true)
    expect(await vault.open(text, at('alice'))).toBeNull()
  })

  it('a destruction that was rolled back did not happen', async () => {
    const { store, transactions, vault } = inUnits()
    const text = await vault.seal('x', at('alice'))
    transactions.begin()
    await vault.destroy('alice')
    expect(await vault.open(text, at('alice'))).toBeNull()
    transactions.settle(false)
    store.gone.clear()
    expect(await vault.open(text, at('alice'))).toBe('x')
  })
})

describe('preload', () => {
  it('asks once for what is missing, and makes openSync possible', async () => {
    const { vault, otherNode, store } = setup()
    const subjects = ['a', 'b', 'c', 'd']
    const texts = await Promise.all(subjects.map((subject) => vault.seal(subject, at(subject))))
    store.calls.length = 0
    await otherNode.preload(['a', 'a', 'b'])
    await otherNode.preload([...subjects, 'nobody'])
    expect(store.calls).toEqual(['load', 'load'])
    for (const [index, text] of texts.entries()) {
      expect(otherNode.openSync(text, at(subjects[index] as string))).toBe(subjects[index])
    }
  })

  it('is needed by openSync', async () => {
    const { vault, otherNode } = setup()
    const text = await vault.seal('x', at('alice'))
    expect(() => otherNode.openSync(text, at('alice'))).toThrow(/preload/)
  })

  it('asks again for a subject that had no key', async () => {
    const { vault, otherNode } = setup()
    await otherNode.preload(['alice'])
    const text = await vault.seal('x', at('alice'))
    await otherNode.preload(['alice'])
    expect(otherNode.openSync(text, at('alice'))).toBe('x')
  })

  it('refuses more subjects than the cache holds', async () => {
    const { vault } = setup({ cacheSize: 2 })
    await vault.preload(['a', 'b', 'a'])
    await expect(vault.preload(['a', 'b', 'c'])).rejects.toThrow(/cacheSize/)
  })

  it('keeps the most recently used keys', async () => {
    const { vault, store } = setup({ cacheSize: 2 })
    for (const subject of ['a', 'b']) await vault.seal('x', at(subject))
    await vault.seal('x', at('a'))
    await vault.seal('x', at('c'))
    store.calls.length = 0
    await vault.seal('x', at('a'))
    await vault.seal('x', at('c'))
    expect(store.calls).toEqual([])
    await vault.seal('x', at('b'))
    expect(store.calls).toEqual(['load'])
  })

  it('opens rightly when the cache is far too small', async () => {
    const { vault } = setup({ cacheSize: 1 })
    const subjects = Array.from({ length: 20 }, (_, index) => `s${index}`)
    const texts = await Promise.all(subjects.map((subject) => vault.seal(subject, at(subject))))
    const opened = await Promise.all(texts.map((text, index) => vault.open(text, at(subjects[index] as string))))
    expect(opened).toEqual(subjects)
  })
})

describe('rotation', () => {
  it('wraps every key under the active one, so that the old one can be retired', async () => {
    const { vault, store } = setup()
    const subjects = Array.from({ length: 1201 }, (_, index) => `s${index}`)
    const texts = await Promise.all(subjects.map((subject) => vault.seal(subject, at(subject))))
    const rotated = rotate(ring)
    const after = createVault({ ring: rotated, dataKeys: store })
    expect(await after.rewrapAll()).toBe(1201)
    expect(await after.rewrapAll()).toBe(0)
    expect(new Set([...store.rows.values()].map((row) => row.kid))).toEqual(new Set([rotated.active]))
    const retired = createVault({ ring: retire(rotated, ring.active), dataKeys: store })
    for (const index of [0, 600, 1200]) {
      expect(await retired.open(texts[index] as string, at(subjects[index] as string))).toBe(subjects[index])
    }
  })

  it('opens old keys before they are wrapped anew', async () => {
    const { vault, store } = setup()
    const text = await vault.seal('x', at('alice'))
    expect(await createVault({ ring: rotate(ring), dataKeys: store }).open(text, at('alice'))).toBe('x')
  })

  it('refuses keys under a key that is not in the ring, naming it', async () => {
    const { vault, store } = setup()
    const text = await vault.seal('x', at('alice'))
    const stranger = createVault({ ring: generateKeyRing(), dataKeys: store })
    await expect(stranger.open(text, at('alice'))).rejects.toThrow(`"${ring.active}", which is not in the key ring`)
  })

  it('finishes the others when some do not open, and then fails', async () => {
    const { vault, store } = setup()
    for (const subject of ['a', 'b', 'c']) await vault.seal('x', at(subject))
    store.rows.set('b', { subject: 'b', kid: 'lost', wrapped: 'AAAA' })
    const rotated = rotate(ring)
    await expect(createVault({ ring: rotated, dataKeys: store }).rewrapAll()).rejects.toThrow(
      /1 data keys could not be wrapped anew/,
    )
    expect(['a', 'b', 'c'].map((subject) => store.rows.get(subject)?.kid)).toEqual([
      rotated.active,
      'lost',
      rotated.active,
    ])
  })

  it('leaves a key alone that was destroyed while it ran', async () => {
    const { vault, store } = setup()
    for (const subject of ['a', 'b']) await vault.seal('x', at(subject))
    const replace = store.replace.bind(store)
    store.replace = async (key, kid) => {
      if (key.subject === 'a') await store.destroy('b')
      return replace(key, kid)
    }
    expect(await createVault({ ring: rotate(ring), dataKeys: store }).rewrapAll()).toBe(1)
    expect([...store.rows.keys()]).toEqual(['a'])
  })
})

describe('createVault', () => {
  const base = { ring, dataKeys: new MemoryDataKeys() }
  it.each([
    [{ ...base, cachesize: 5 }, TypeError, /cachesize/],
    [{ dataKeys: base.dataKeys }, TypeError, /ring/],
    [{ ring: {}, dataKeys: base.dataKeys }, TypeError, /ring/],
    [{ ring }, TypeError, /dataKeys/],
    [{ ...base, cacheSize: 0 }, RangeError, /cacheSize is 0/],
    [{ ...base, cacheSize: -5 }, RangeError, /cacheSize/],
    [{ ...base, cacheSize: Number.NaN }, RangeError, /cacheSize/],
    [{ ...base, cacheSeconds: 1.5 }, RangeError, /cacheSeconds/],
    [{ ...base, cacheSeconds: '60' }, RangeError, /cacheSeconds/],
  ])('refuses wrong options %#', (options, kind, message) => {
    expect(() => createVault(options as never)).toThrow(kind)
    expect(() => createVault(options as never)).toThrow(message)
  })

  it('takes a ring from settings', async () => {
    const vault = createVault({ ring: parseKeyRing(ring.export().reveal()), dataKeys: new MemoryDataKeys() })
    expect(await vault.open(await vault.seal('x', at('alice')), at('alice'))).toBe('x')
  })
})
