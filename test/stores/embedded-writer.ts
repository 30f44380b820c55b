import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { embedded } from '../../src/stores/embedded.ts'

/** Writes until it is killed: a user in two statements of one unit, then its id on standard output. */
async function write(folder: string): Promise<void> {
  const state = await embedded(folder)
  writeSync(1, 'ready\n')
  for (;;) {
    const id = randomUUID()
    const user = {
      id,
      tenantId: 'acme',
      emailIndex: id,
      emailIndexPrevious: null,
      emailSealed: 'sealed',
      profile: {},
      roles: ['half'],
      passwordHash: 'hash',
      disabled: false,
      createdAt: new Date(),
    }
    await state.transaction(async () => {
      await state.users.insert(user)
      await state.users.update(id, { roles: ['complete'] })
    })
    writeSync(1, `${id}\n`)
  }
}

write(process.argv[2] as string).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
})
