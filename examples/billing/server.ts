import { join } from 'node:path'
import type { Clock } from 'turnpike'
import { fileTokenKeys, local } from 'turnpike/identity'
import { type Running, type ServeOptions, serve } from 'turnpike/server'
import { type Embedded, embedded } from 'turnpike/stores/embedded'
import { billing, scopesOf } from './api.ts'
import { migrations } from './migrations.ts'
import { proverPeople } from './prover-people.ts'
import { type SeededPerson, seed } from './seed.ts'
import { sqlBilling, type Tables } from './sql-billing.ts'
import { profile } from './users.ts'

export interface DemoOptions {
  /** Data folder, created when missing. */
  readonly folder: string
  /** 0 for any free one. */
  readonly port: number
  /** Of the seeded people; random ones otherwise. */
  readonly password?: string
  readonly clock?: Clock
  /** Switches row-level security off, to see what the other layers hold. */
  readonly dangerouslyWithoutRowSecurity?: boolean
  readonly serve?: Partial<ServeOptions>
}

export interface Demo {
  readonly running: Running
  readonly state: Embedded
  /** Whoever was made at this start. */
  readonly people: readonly SeededPerson[]
  close(): Promise<void>
}

export const identity = (folder: string) =>
  local({
    issuer: 'https://billing.example',
    audience: 'billing',
    tokenKeys: fileTokenKeys(join(folder, 'token-keys.json')),
    passwordPolicy: 'composition',
    profile,
    scopes: scopesOf,
  })

/**
 * Starts the demo on an embedded database.
 * @throws {Refusal} `invalid_input` for a password that the demo's own policy refuses. @throws {StoreError | StartupError} As `embedded` and `serve` do.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { folder, port, clock } = options
  const state = await embedded(folder, { migrations, ...(clock === undefined ? {} : { clock }) })
  try {
    const running = await serve(billing, {
      state,
      identity: identity(folder),
      context: (principal) => ({
        billing: sqlBilling(
          options.dangerouslyWithoutRowSecurity
            ? state.database.dangerouslyWithoutRowSecurity<Tables>()
            : state.database.as<Tables>(principal),
        ),
      }),
      environment: 'development',
      port,
      ...(clock === undefined ? {} : { clock }),
      ...options.serve,
    })
    const everything = sqlBilling(state.database.dangerouslyWithoutRowSecurity<Tables>())
    const populate = async () => {
      const people = await seed(running.gate, everything, options.password)
      await proverPeople(running.gate, folder)
      return people
    }
    const people = await populate().catch(async (error: unknown) => {
      await running.close()
      throw error
    })
    return {
      running,
      state,
      people,
      async close() {
        await running.close()
        await state.close()
      },
    }
  } catch (error) {
    await state.close()
    throw error
  }
}
