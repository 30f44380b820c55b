import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/base/clock.ts'
import { StoreError } from '../../src/base/store-error.ts'
import { NOBODY, type Principal } from '../../src/contract/principal.ts'
import { type Embedded, embedded, type Migration } from '../../src/stores/embedded.ts'
import { describeState, keyOf, userOf } from './conformance.ts'
import { gate } from './gate.ts'

const NOTES: Migration = {
  id: 'notes',
  up: `create table notes (id integer primary key, owner text not null, tenant text not null, text text);
    alter table notes enable row level security;
    grant select, insert, update, delete on notes to turnpike_app;
    create policy own on notes to turnpike_app
      using (tenant = turnpike.tenant() and (owner = turnpike.subject() or turnpike.has_role('admin')))
      with check (tenant = turnpike.tenant() and owner = turnpike.subject());
    create table catalogue (id integer primary key);
    grant select on catalogue to turnpike_app;
    create table price_list (id integer primary key, price integer);
    grant select (price) on price_list to turnpike_app;
    create view all_notes as select * from notes;
    create view own_notes with (security_invoker = true) as select * from notes;
    grant select on all_notes, own_notes to turnpike_app;
    create table visits (n integer not null);
    insert into visits values (0);
    create function visit() returns integer language sql as 'update visits set n = n + 1 returning n';
    grant select on visits to turnpike_app;
    alter table visits enable row level security;`,
}

interface Tables {
  notes: { id: number; owner: string; tenant: string; text: string | null }
  visits: { n: number }
}

function principal(id: string, given: Partial<Principal> = {}): Principal {
  return { ...NOBODY, kind: 'user', id, key: `local|${id}`, issuer: 'local', tenant: 'acme', ...given }
}

const alice = principal('alice')
const bob = principal('bob')
const admin = principal('root', { roles: ['user', 'admin'] })
const stranger = principal('alice', { tenant: 'other' })

describeState('embedded', async () => {
  const clock = new ManualClock()
  return { state: await embedded(':memory:', { clock }), clock }
})

describeState('embedded, with caches that hold next to nothing', async () => {
  const clock = new ManualClock()
  return { state: await embedded(':memory:', { clock, maxCachedPrincipals: 1, maxCachedRevocations: 1 }), clock }
})

describe('embedded: the database', () => {
  let state: Embedded
  let serial = 0
  const next = () => ++serial
  const notes = (who: Principal) => state.database.as<Tables>(who)
  const owner = () => state.database.dangerouslyWithoutRowSecurity<Tables>()
  const noteOf = (who: Principal, id = next()) => ({ id, owner: who.id, tenant: who.tenant as string, text: 'x' })
  const add = async (who: Principal) => {
    const note = noteOf(who)
    await notes(who).insertInto('notes').values(note).execute()
    return note
  }
  const find = (who: Principal, id: number) =>
    notes(who).selectFrom('notes').selectAll().where('id', '=', id).executeTakeFirst()
  const exists = async (id: number) =>
    (await owner().selectFrom('notes').select('id').where('id', '=', id).execute()).length === 1

  beforeAll(async () => {
    state = await embedded(':memory:', { migrations: [NOTES], maxWaitMs: 300 })
  })
  afterAll(() => state.close())

  describe('row-level security', () => {
    it('is checked at start; what the role may use unguarded is listed', () => {
      expect(state.database.rowSecurity).toEqual({
        role: 'turnpike_app',
        checked: true,
        unprotectedTables: ['public.all_notes', 'public.catalogue', 'public.price_list'],
      })
      expect(state.describe).toEqual({ kind: 'embedded', durable: false, rowSecurity: true })
    })

    it.each([
      ['another user', bob],
      ['the same subject in another tenant', stranger],
      ['nobody', NOBODY],
      ['one without a tenant', principal('alice', { tenant: null })],
      ['an admin of another tenant', principal('root', { roles: ['admin'], tenant: 'other' })],
      ['one whose role has a comma in its name', principal('bob', { roles: ['x,admin'] })],
    ])('shows and changes nothing of hers for %s', async (_who, other) => {
      const note = await add(alice)
      expect(await find(other, note.id)).toBeUndefined()
      expect(
        (await notes(other).updateTable('notes').set({ text: 'y' }).where('id', '=', note.id).executeTakeFirst())
          .numUpdatedRows,
      ).toBe(0n)
      expect((await notes(other).deleteFrom('notes').where('id', '=', note.id).executeTakeFirst()).numDeletedRows).toBe(
        0n,
      )
      expect(await find(alice, note.id)).toEqual(note)
      expect(await find(admin, note.id)).toEqual(note)
    })

    it('lets nobody insert for another, or give away', async () => {
      await expect(notes(bob).insertInto('notes').values(noteOf(alice)).execute()).rejects.toMatchObject({
        code: '42501',
      })
      const note = await add(bob)
      await expect(
        notes(bob).updateTable('notes').set({ owner: 'alice' }).where('id', '=', note.id).execute(),
      ).rejects.toMatchObject({ code: '42501' })
    })

    it('holds in one unit with several principals and own statements between', async () => {
      const [hers, his] = [await add(alice), await add(bob)]
      await state.transaction(async () => {
        await notes(alice).updateTable('notes').set({ text: 'hers' }).execute()
        await state.users.insert(userOf({}))
        expect(await find(alice, his.id)).toBeUndefined()
        expect(await find(bob, hers.id)).toBeUndefined()
        expect((await find(bob, his.id))?.text).toBe('x')
        expect(await exists(hers.id)).toBe(true)
      })
      expect((await find(alice, hers.id))?.text).toBe('hers')
    })

    it.each([
      "select set_config('role', 'postgres', true)",
      "select pg_catalog.set_config('turnpike.subject', 'bob', true)",
      "update pg_settings set setting = '1' where name = 'work_mem'",
      "with changed as (select set_config('role', 'none', false)) select * from changed",
      "select query_to_xml('set role postgres', true, true, '')",
      "select query_to_xml('select set_config(''role'', ''postgres'', true)', true, true, '')",
      'set role postgres',
      'reset role',
      'set session authorization postgres',
      'begin',
      'commit',
      'do $$ begin set role postgres; end $$',
      "create function up() returns text language sql as 'select 1'",
      'create temporary table t (n integer)',
      '/* select */ set role postgres',
      '-- select\nset role postgres',
      'select 1; set role postgres',
      'select 1\0; set role postgres',
      'prepare p as select 1',
      'copy notes to stdout',
      'explain analyze select 1',
      'select * from pg_authid',
      'select * from turnpike.turnpike_sessions',
      'select * from turnpike.turnpike_data_keys',
      'select * from turnpike.turnpike_audit',
      "select pg_read_file('/etc/hostname')",
      'alter table notes disable row level security',
      'truncate notes',
    ])('has no way out by raw text: %s', async (text) => {
      await add(bob)
      await expect(
        state.transaction(async () => {
          await sql.raw(text).execute(notes(alice))
        }),
      ).rejects.toThrow()
      await expect(sql.raw(text).execute(notes(alice))).rejects.toThrow()
      const { rows } = await sql<{
        role: string
        subject: string
      }>`select current_user as role, turnpike.subject() as subject`.execute(notes(alice))
      expect(rows).toEqual([{ role: 'turnpike_app', subject: 'alice' }])
      expect(await notes(alice).selectFrom('notes').selectAll().where('owner', '<>', 'alice').execute()).toEqual([])
      const { rows: after } = await sql<{
        role: string
        subject: string | null
      }>`select current_user as role, turnpike.subject() as subject`.execute(owner())
      expect(after).toEqual([{ role: 'postgres', subject: null }])
    })

    it('covers users: self, or an admin of the same tenant', async () => {
      const user = userOf({ tenantId: 'acme' })
      await state.users.insert(user)
      const self = principal(user.id)
      for (const who of [self, admin]) {
        expect(await state.users.byIds([user.id], who)).toEqual([user])
        expect(await state.users.byEmailIndex([user.emailIndex], who)).toEqual(user)
        expect(
          (await state.users.list({ tenantId: 'acme', after: null, limit: 1000 }, who)).map((found) => found.id),
        ).toContain(user.id)
      }
      for (const who of [alice, NOBODY, principal('root', { roles: ['admin'], tenant: 'other' })]) {
        expect(await state.users.byIds([user.id], who)).toEqual([])
        expect(await state.users.byEmailIndex([user.emailIndex], who)).toBeNull()
        expect(await state.users.list({ tenantId: 'acme', after: null, limit: 10 }, who)).toEqual([])
        expect(await state.users.update(user.id, { disabled: true }, who)).toBe(false)
        expect(await state.users.remove(user.id, who)).toBe(false)
      }
      expect(
        await state.users.update(user.id, { profile: { name: 'Eve' }, emailIndex: `${user.emailIndex}-2` }, self),
      ).toBe(true)
      expect(await state.users.update(user.id, { disabled: true, roles: ['user', 'x'] }, admin)).toBe(true)
      expect(await state.users.remove(user.id, self)).toBe(true)
    })

    it('lets a user not raise himself or move to another tenant', async () => {
      const user = userOf({ tenantId: 'acme' })
      await state.users.insert(user)
      const self = principal(user.id)
      await expect(state.users.update(user.id, { roles: ['admin'] }, self)).rejects.toThrow(StoreError)
      await expect(state.users.update(user.id, { disabled: true }, self)).rejects.toThrow(StoreError)
      await expect(state.users.update(user.id, { tenantId: 'other' }, admin)).rejects.toThrow(StoreError)
      expect(await state.users.byIds([user.id])).toEqual([user])
    })

    it('covers API keys', async () => {
      const key = keyOf({ tenantId: 'acme', ownerId: 'alice' })
      await state.apiKeys.insert(key)
      for (const who of [alice, admin]) expect(await state.apiKeys.byIds([key.id], who)).toEqual([key])
      for (const who of [bob, NOBODY]) {
        expect(await state.apiKeys.byIds([key.id], who)).toEqual([])
        expect(await state.apiKeys.listOf('alice', { after: null, limit: 10 }, who)).toEqual([])
      }
    })
  })

  describe('units of work', () => {
    it('hold application and own writes together', async () => {
      const [note, user] = [noteOf(alice), userOf({})]
      const write = async () => {
        await notes(alice).insertInto('notes').values(note).execute()
        await state.users.insert(user)
      }
      await expect(
        state.transaction(async () => {
          await write()
          throw new Error('no')
        }),
      ).rejects.toThrow('no')
      expect([await exists(note.id), await state.users.byIds([user.id])]).toEqual([false, []])
      await state.transaction(write)
      expect([await exists(note.id), await state.users.byIds([user.id])]).toEqual([true, [user]])
    })

    it('begin at the first write, not at reads of the application', async () => {
      const note = await add(alice)
      await state.transaction(async () => {
        await find(alice, note.id)
        await owner().selectFrom('notes').selectAll().execute()
        expect(state.inOpenTransaction()).toBe(false)
        await notes(alice).selectFrom('notes').selectAll().where('id', '=', note.id).forUpdate().execute()
        expect(state.inOpenTransaction()).toBe(true)
      })
    })

    it('take a select that writes for the write it is', async () => {
      const visits = async () => (await owner().selectFrom('visits').select('n').executeTakeFirstOrThrow()).n
      const before = await visits()
      await expect(
        state.transaction(async () => {
          await sql`select visit()`.execute(owner())
          expect(state.inOpenTransaction()).toBe(true)
          throw new Error('no')
        }),
      ).rejects.toThrow('no')
      expect(await visits()).toBe(before)
      await state.transaction(() => sql`select visit()`.execute(owner()))
      expect(await visits()).toBe(before + 1)
    })

    it("pass the application's own errors on, and are lost with them", async () => {
      const [note, other] = [await add(alice), noteOf(alice)]
      const unit = state.transaction(async () => {
        await notes(alice).insertInto('notes').values(other).execute()
        await expect(notes(alice).insertInto('notes').values(note).execute()).rejects.toMatchObject({
          code: '23505',
          constraint: 'notes_pkey',
        })
      })
      await expect(unit).rejects.toThrow(StoreError)
      expect(await exists(other.id)).toBe(false)
    })

    it("join a transaction of Kysely's; its rollback is the unit's", async () => {
      const [kept, lost] = [noteOf(alice), noteOf(alice)]
      await state.transaction(() =>
        notes(alice)
          .transaction()
          .execute(async (inner) => {
            await inner.insertInto('notes').values(kept).execute()
          }),
      )
      expect(await exists(kept.id)).toBe(true)
      const unit = state.transaction(async () => {
        const inner = notes(alice)
          .transaction()
          .execute(async (transaction) => {
            await transaction.insertInto('notes').values(lost).execute()
            throw new Error('inner')
          })
        await inner.catch(() => {})
      })
      await expect(unit).rejects.toThrow(StoreError)
      expect(await exists(lost.id)).toBe(false)
    })

    it('are the only place for them, without isolation levels and savepoints', async () => {
      const inner = () =>
        notes(alice)
          .transaction()
          .execute(async () => {})
      await expect(inner()).rejects.toThrow(/state\.transaction/)
      const serializable = () =>
        notes(alice)
          .transaction()
          .setIsolationLevel('serializable')
          .execute(async () => {})
      await expect(state.transaction(serializable)).rejects.toThrow(TypeError)
      const savepoint = async () => {
        const controlled = await notes(alice).startTransaction().execute()
        await controlled.savepoint('s').execute()
      }
      await expect(state.transaction(savepoint)).rejects.toThrow(TypeError)
      for (const text of ['commit', 'rollback', 'begin', 'set role turnpike_app']) {
        await expect(sql.raw(text).execute(owner())).rejects.toThrow(TypeError)
      }
    })

    it('serve what runs side by side in one unit', async () => {
      const ids = Array.from({ length: 20 }, next)
      await state.transaction(async () => {
        await Promise.all(ids.map((id) => notes(alice).insertInto('notes').values(noteOf(alice, id)).execute()))
        await Promise.all([find(alice, ids[0] as number), state.users.byIds(['x']), find(bob, ids[0] as number)])
      })
      expect(await notes(alice).selectFrom('notes').select('id').where('id', 'in', ids).execute()).toHaveLength(20)
    })

    it('refuse a query of the application that comes after their end', async () => {
      const { promise: ended, open } = gate()
      const note = noteOf(alice)
      let late: Promise<unknown> = Promise.resolve()
      await state.transaction(async () => {
        await notes(alice).selectFrom('notes').selectAll().execute()
        late = ended.then(() => notes(alice).insertInto('notes').values(note).execute())
        late.catch(() => {})
      })
      await state.transaction(async () => {
        await add(bob)
        open()
        await expect(late).rejects.toThrow(StoreError)
        expect(await exists(note.id)).toBe(false)
      })
    })

    it('keep others waiting, but not for ever', async () => {
      const { promise, open } = gate()
      const { promise: begun, open: begin } = gate()
      const note = noteOf(alice)
      const unit = state.transaction(async () => {
        await notes(alice).insertInto('notes').values(note).execute()
        begin()
        await promise
      })
      await begun
      await expect(find(alice, note.id)).rejects.toThrow(StoreError)
      await expect(state.ping()).rejects.toThrow(/busy/)
      open()
      await unit
      expect(await find(alice, note.id)).toEqual(note)
    })
  })

  describe('statements that come again', () => {
    const all = () =>
      owner()
        .selectFrom('changing' as never)
        .selectAll()
        .execute()

    it('follow a table that changes its shape', async () => {
      const db = owner()
      await sql`create table changing (a integer)`.execute(db)
      await sql`insert into changing values (1)`.execute(db)
      for (let n = 0; n < 3; n += 1) expect(await all()).toEqual([{ a: 1 }])
      await sql`alter table changing add column b text default 'x'`.execute(db)
      for (let n = 0; n < 3; n += 1) expect(await all()).toEqual([{ a: 1, b: 'x' }])
      const undone = state.transaction(async () => {
        await sql`alter table changing drop column a`.execute(db)
        expect(await all()).toEqual([{ b: 'x' }])
        expect(await all()).toEqual([{ b: 'x' }])
        throw new Error('no')
      })
      await expect(undone).rejects.toThrow('no')
      for (let n = 0; n < 3; n += 1) expect(await all()).toEqual([{ a: 1, b: 'x' }])
    })

    it('work after they failed, and leave nothing behind in the session', async () => {
      const insert = (id: number) =>
        notes(alice)
          .insertInto('notes')
          .values({ id, owner: 'bob', tenant: 'acme', text: 'a text of its own' })
          .execute()
      for (let n = 0; n < 5; n += 1) await expect(insert(next())).rejects.toMatchObject({ code: '42501' })
      for (let n = 0; n < 600; n += 1) {
        const column = sql.raw(`select ${n} as n`)
        expect((await column.execute(owner())).rows).toEqual([{ n }])
        expect((await column.execute(owner())).rows).toEqual([{ n }])
      }
      const { rows } = await sql<{
        count: number
      }>`select count(*)::integer as count from pg_prepared_statements`.execute(owner())
      expect(rows[0]?.count).toBeLessThanOrEqual(500)
    })

    it('run as whoever asks', async () => {
      const note = await add(alice)
      for (let n = 0; n < 8; n += 1) {
        for (const [who, sees] of [
          [alice, 1],
          [bob, 0],
          [admin, 1],
          [NOBODY, 0],
        ] as const) {
          expect(await notes(who).selectFrom('notes').select('id').where('id', '=', note.id).execute()).toHaveLength(
            sees,
          )
        }
        expect(await exists(note.id)).toBe(true)
      }
    })
  })

  it('is maintained outside a unit only', async () => {
    await state.maintain()
    await expect(state.transaction(() => state.maintain())).rejects.toThrow(TypeError)
    expect(await state.ping()).toBeUndefined()
  })

  it('brings back what was given, whatever the type', async () => {
    const given = {
      text: 'a"b\\c{},\n',
      list: ['a"b', '\\', '', 'NULL', '{x}'],
      when: new Date(5),
      big: 2 ** 40,
      flag: false,
      bytes: Buffer.from([0, 255]),
    }
    const { rows } = await sql<
      Record<string, unknown>
    >`select ${given.text}::text as text, ${given.list}::text[] as list, ${given.when}::timestamptz as "when",
      ${given.big}::bigint as big, ${given.flag}::boolean as flag, ${given.bytes}::bytea as bytes, ${null}::text as nothing, ${{ a: [1] }}::jsonb as json`.execute(
      owner(),
    )
    expect(rows).toEqual([{ ...given, bytes: new Uint8Array([0, 255]), nothing: null, json: { a: [1] } }])
  })
})

describe('embedded: the folder', () => {
  let root: string
  let template: string
  let serial = 0

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'turnpike-embedded-'))
    template = join(root, 'template')
    await (await embedded(template, { migrations: [NOTES] })).close()
  }, 120_000)
  afterAll(() => rm(root, { recursive: true, force: true }))

  const copy = async () => {
    const folder = join(root, `copy-${++serial}`)
    await cp(template, folder, { recursive: true })
    return folder
  }

  it('holds the database and nothing else, and no lock after close', async () => {
    expect(await readdir(template)).toEqual(['postgres'])
  })

  it('is refused to a second owner in this process', async () => {
    const folder = await copy()
    const state = await embedded(folder)
    await expect(embedded(folder)).rejects.toThrow(new RegExp(`in use by process ${process.pid}`))
    await state.close()
    await (await embedded(folder)).close()
  })

  it('is refused to a second process, which is told the pid; after its death the lock is taken over', async () => {
    const folder = await copy()
    const child = startWriter(folder)
    await child.ready
    await expect(embedded(folder)).rejects.toThrow(new RegExp(`in use by process ${child.process.pid}`))
    await child.kill()
    expect(await readdir(folder)).toContain('turnpike.lock')
    const state = await embedded(folder)
    await state.close()
    expect(await readdir(folder)).toEqual(['postgres'])
  })

  it.each([
    ['a pid used again by a later process', (lock: Lock) => ({ ...lock, pid: process.pid, started: '1' }), null],
    ['a dead pid', (lock: Lock) => ({ ...lock, pid: 2 ** 22 + 1 }), null],
    ['an earlier boot of this machine', (lock: Lock) => ({ ...lock, boot: 'another' }), null],
    ['another machine', (lock: Lock) => ({ ...lock, host: 'elsewhere' }), /on elsewhere/],
    ['another container', (lock: Lock) => ({ ...lock, pids: 'pid:[1]' }), /in use by process/],
    ['nobody who could be read', () => ({}), /damaged/],
  ])('with a lock of %s', async (_whose, change, refused) => {
    const folder = await copy()
    const path = join(folder, 'turnpike.lock')
    const holder = await embedded(folder)
    const lock = JSON.parse(await readFile(path, 'utf8')) as Lock
    await holder.close()
    const left = JSON.stringify(change(lock))
    await writeFile(path, left)
    if (refused === null) return (await embedded(folder)).close()
    await expect(embedded(folder)).rejects.toThrow(refused)
    expect(await readFile(path, 'utf8')).toBe(left)
  })

  it('goes to one of four processes that find the same dead lock', async () => {
    const folder = await copy()
    const dead = startWriter(folder)
    await dead.ready
    await dead.kill()
    const children = Array.from({ length: 4 }, () => startWriter(folder))
    const outcomes = await Promise.allSettled(children.map((child) => child.ready))
    await Promise.all(children.map((child) => child.kill()))
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : []))
    for (const reason of reasons) expect(reason).toMatch(/in use by/)
  }, 120_000)

  it.each([
    ['without PG_VERSION', (folder: string) => rm(join(folder, 'postgres/PG_VERSION')), /PG_VERSION missing/],
    ['of another version', (folder: string) => writeFile(join(folder, 'postgres/PG_VERSION'), '15\n'), /PostgreSQL 15/],
    [
      'with half a control file',
      (folder: string) => truncate(join(folder, 'postgres/global/pg_control'), 100),
      /pg_control/,
    ],
    [
      'with a control file of zeros',
      (folder: string) => writeFile(join(folder, 'postgres/global/pg_control'), Buffer.alloc(8192)),
      /does not start/,
    ],
    [
      'whose database is a file',
      async (folder: string) => {
        await rm(join(folder, 'postgres'), { recursive: true })
        await writeFile(join(folder, 'postgres'), 'x')
      },
      /damaged/,
    ],
    [
      'that is empty',
      async (folder: string) => {
        await rm(join(folder, 'postgres'), { recursive: true })
        await mkdir(join(folder, 'postgres'))
      },
      /damaged/,
    ],
  ])('%s is refused, left alone, and free', async (_what, damage, message) => {
    const folder = await copy()
    await damage(folder)
    const before = await listing(folder)
    await expect(embedded(folder)).rejects.toThrow(message)
    expect(await listing(folder)).toEqual(before)
  })

  it('that cannot be one is named', async () => {
    const file = join(root, 'file')
    await writeFile(file, 'x')
    await expect(embedded(file)).rejects.toThrow(StoreError)
    await expect(embedded('')).rejects.toThrow(TypeError)
    await expect(embedded(':memory:', { cache: 1 } as never)).rejects.toThrow(/"cache" is no option/)
    await expect(embedded(':memory:', { maxWaitMs: 0 })).rejects.toThrow(RangeError)
  })

  it('is made again when the first opening was cut short; what else lies there stays', async () => {
    const folder = join(root, `cut-${++serial}`)
    await mkdir(join(folder, 'postgres.new-0123456789ab/base'), { recursive: true })
    await writeFile(join(folder, 'secret.key'), 'mine')
    await (await embedded(folder)).close()
    expect((await readdir(folder)).sort()).toEqual(['postgres', 'secret.key'])
    expect(await readFile(join(folder, 'secret.key'), 'utf8')).toBe('mine')
  }, 120_000)

  it('brings migrations up to date once, and refuses a changed, moved, removed or failing one', async () => {
    const folder = await copy()
    const more = { id: 'more', up: 'create table more (n integer); insert into more values (7)' }
    const open = (migrations: readonly Migration[]) => embedded(folder, { migrations })
    const attempts = async () => {
      await expect(open([{ ...NOTES, up: `${NOTES.up} ` }])).rejects.toThrow(/"app\/notes" was changed/)
      await expect(open([more, NOTES])).rejects.toThrow(/in its place/)
      await expect(open([])).rejects.toThrow(/has none in its place/)
      await expect(open([NOTES, NOTES])).rejects.toThrow(/two migrations/)
      await expect(open([NOTES, more, { id: 'bad', up: 'create table half (n integer); select 1/0' }])).rejects.toThrow(
        /"app\/bad" failed: division by zero/,
      )
    }
    await attempts()
    for (let round = 0; round < 2; round += 1) {
      const state = await open([NOTES, more])
      const { rows } = await sql`select n from more`.execute(state.database.dangerouslyWithoutRowSecurity())
      expect(rows).toEqual([{ n: 7 }])
      await expect(sql`select from half`.execute(state.database.dangerouslyWithoutRowSecurity())).rejects.toMatchObject(
        { code: '42P01' },
      )
      await state.close()
    }
    await (await embedded(folder)).close()
  }, 120_000)

  it('refuses a role that could pass over row-level security', async () => {
    const folder = await copy()
    const weaken = { id: 'weaken', up: 'alter role turnpike_app bypassrls' }
    await expect(embedded(folder, { migrations: [NOTES, weaken] })).rejects.toThrow(/row-level security would not hold/)
  })

  it('waits for what is running when it closes, then refuses', async () => {
    const folder = await copy()
    const state = await embedded(folder)
    const user = userOf({})
    const unit = state.transaction(async () => {
      await state.users.insert(user)
      await nextTurn()
      await state.users.update(user.id, { roles: ['late'] })
    })
    const read = state.users.byIds(['x'])
    await nextTurn()
    const closing = state.close()
    await unit
    await read
    await closing
    await expect(state.ping()).rejects.toThrow(StoreError)
    const again = await embedded(folder)
    expect((await again.users.byIds([user.id]))[0]?.roles).toEqual(['late'])
    await again.close()
  })

  it('knows after a restart who was revoked, before it answers anybody', async () => {
    const folder = await copy()
    const clock = new ManualClock()
    const first = await embedded(folder, { clock })
    await first.revocations.revoke('session', 'ended', new Date(clock.now() + 60_000))
    await first.revocations.raiseEpoch('local|alice', new Date(clock.now()))
    await first.close()
    const second = await embedded(folder, { clock })
    const answer = await second.admission.admit([], { principalKey: 'local|alice', sessionId: 'ended', tokenId: null })
    expect(answer.standing).toMatchObject({ revoked: true, epoch: 1 })
    const again = second.admission.admit([], { principalKey: 'local|alice', sessionId: 'other', tokenId: null })
    expect(again).toMatchObject({ standing: { revoked: false, epoch: 1 } })
    await second.close()
  })

  it('frees what a process held that is gone, and keeps what was done', async () => {
    const folder = await copy()
    const claim = (key: string) => ({
      key,
      fingerprint: '',
      holder: 'h',
      at: new Date(),
      leaseUntil: new Date(Date.now() + 60_000),
      expiresAt: new Date(Date.now() + 120_000),
    })
    const first = await embedded(folder)
    await first.claims.claim(claim('open'))
    await first.claims.claim(claim('done'))
    await first.claims.complete('done', 'h', 'reply', new Date())
    expect((await first.claims.claim(claim('open'))).outcome).toBe('held')
    await first.close()
    const second = await embedded(folder)
    expect((await second.claims.claim(claim('open'))).outcome).toBe('claimed')
    expect(await second.claims.claim(claim('done'))).toMatchObject({ outcome: 'done', reply: 'reply' })
    await second.close()
  })

  it('keeps what was acknowledged when the process is killed in the middle of writing', async () => {
    const folder = await copy()
    const acknowledged: string[] = []
    for (let round = 0; round < 4; round += 1) {
      const child = startWriter(folder)
      await child.ready
      await child.until(20 + round * 15)
      acknowledged.push(...(await child.kill()))
      const state = await embedded(folder)
      const users = await state.users.byIds(acknowledged)
      expect(users.map((user) => user.id).sort()).toEqual([...acknowledged].sort())
      for (const user of users) expect(user.roles).toEqual(['complete'])
      const half = await state.users.list({ tenantId: 'acme', after: null, limit: 100_000 })
      expect(half.filter((user) => user.roles[0] !== 'complete')).toEqual([])
      await state.close()
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(4 * 20)
  }, 180_000)
})

interface Lock {
  readonly pid: number
}

async function listing(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    files.sort().map(async (file) => `${file} ${(await readFile(file)).toString('base64').slice(0, 4096)}`),
  )
}

interface Writer {
  readonly process: ChildProcess
  readonly ready: Promise<void>
  /** Resolves when so many writes were acknowledged. */
  until(count: number): Promise<void>
  /** Kills it and returns the ids it had acknowledged. */
  kill(): Promise<readonly string[]>
}

/** A process of its own that writes users, two statements a unit, and prints each id after it was acknowledged. */
function startWriter(folder: string): Writer {
  const script = fileURLToPath(new URL('./embedded-writer.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  const acknowledged: string[] = []
  const waiting: { readonly count: number; readonly open: () => void }[] = []
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') return resolve()
      acknowledged.push(line)
      for (const { count, open } of waiting) if (acknowledged.length >= count) open()
    })
    ended.then(() => reject(new Error(errors)))
  })
  ready.catch(() => {})
  return {
    process: child,
    ready,
    until: (count) => new Promise((resolve) => waiting.push({ count, open: resolve })),
    kill: async () => {
      child.kill('SIGKILL')
      await ended
      return acknowledged
    },
  }
}
