import { randomBytes, randomUUID } from 'node:crypto'
import { Refusal } from 'turnpike'
import { isLocal } from 'turnpike/identity'
import type { Gate } from 'turnpike/server'
import type { Billing } from './billing.ts'
import { invoices } from './invoices.ts'

const ACME = '7d1c1f0e-5a0b-4c7e-9d4e-1f6a3b2c4d5e'
const GLOBEX = 'c2b8a6f4-3e2d-4b1a-8c9d-0e1f2a3b4c5d'

const PEOPLE = [
  { email: 'alice@example.com', name: 'Alice', age: 34, tenantId: ACME, roles: [] },
  { email: 'bob@example.com', name: 'Bob', age: 41, tenantId: ACME, roles: [] },
  { email: 'carol@example.com', name: 'Carol', age: 29, tenantId: GLOBEX, roles: [] },
  { email: 'admin@example.com', name: 'Ada Admin', age: 50, tenantId: ACME, roles: ['admin', 'billing'] },
] as const

export interface SeededPerson {
  readonly email: string
  readonly password: string
  readonly userId: string
  /** Ids of the invoices that were made for this person. */
  readonly invoices: readonly string[]
}

/**
 * Makes the demo's people and some invoices for each, where they are not there yet.
 * @param password - For everybody; random ones otherwise.
 * @returns Whoever was made now.
 * @throws {Refusal} `invalid_input` for a password that the demo's own policy refuses; nobody is made then.
 */
export async function seed(gate: Gate, billing: Billing, password?: string): Promise<readonly SeededPerson[]> {
  const { identity } = gate
  if (!isLocal(identity)) throw new TypeError('the demo keeps its own users')
  const made: SeededPerson[] = []
  for (const [index, { roles, ...person }] of PEOPLE.entries()) {
    const chosen = password ?? randomPassword()
    try {
      // One unit: whoever is there has invoices, wherever the process was killed.
      await gate.state.transaction(async () => {
        const user = await identity.provision({ ...person, roles: [...roles], password: chosen })
        made.push({
          email: person.email,
          password: chosen,
          userId: user.id,
          invoices: await seedInvoices(gate, billing, user.id, person.tenantId, index),
        })
      })
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'conflict')) throw error
    }
  }
  return made
}

async function seedInvoices(
  gate: Gate,
  billing: Billing,
  userId: string,
  tenantId: string,
  index: number,
): Promise<readonly string[]> {
  const ids: string[] = []
  for (const [title, total] of [
    ['Hosting', 12_00],
    ['Support', 250_00],
    ['Licences', 1_999_00],
  ] as const) {
    const id = randomUUID()
    const row = await gate.seal(invoices, {
      id,
      userId,
      tenantId,
      title,
      total: total + index,
      currency: 'EUR',
      status: 'open',
      // A well-known test number; no card has it.
      cardNumber: '4111111111111111',
      createdAt: new Date(gate.clock.now()).toISOString(),
    })
    await billing.insertInvoice(row)
    ids.push(id)
  }
  return ids
}

/** 128 random bits with the character classes that the demo's policy asks for. */
const randomPassword = (): string => `Aa1-${randomBytes(16).toString('base64url')}`
