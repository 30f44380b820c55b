import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { actorOf, signedIn } from '../auth.ts'
import {
  conflict,
  dateText,
  forbidden,
  idParam,
  invalid,
  notFound,
  paging,
  readBody,
  readQuery,
  route,
  slicePage,
} from '../http.ts'
import type { Context, Hold } from '../model.ts'
import { day, isStaffFor } from '../model.ts'

const branch = z.enum(['north', 'harbour', 'central'])
const newHold = { bookId: z.int().min(1).max(999_999_999), pickupBranch: branch }
const createBody = z.strictObject({ hold: z.strictObject(newHold) })
const wideCreateBody = z.strictObject({ hold: z.strictObject({ ...newHold, position: z.int().optional() }) })
const replaceBody = z.strictObject({ hold: z.strictObject({ pickupBranch: branch, expiresOn: dateText }) })
const listQuery = z.object(paging)

const maxHolds = 15

export function holdRoutes(router: Router, context: Context): void {
  const { store, faults } = context
  const user = signedIn(context)

  const view = (hold: Hold) => ({ ...hold, bookTitle: store.books.get(hold.bookId)?.title ?? '' })

  const visibleHold = (req: Request, res: Response): Hold => {
    const actor = actorOf(res)
    const hold = store.holds.get(idParam(req, 'holdId'))
    const visible = hold?.memberId === actor.id || isStaffFor(actor, store.members.get(hold?.memberId ?? ''))
    if (hold === undefined || !visible) throw notFound('hold')
    return hold
  }

  route(router, '/holds', {
    get: [
      user,
      (req, res) => {
        const query = readQuery(req, listQuery)
        const holds = [...store.holds.values()].filter((hold) => hold.memberId === actorOf(res).id)
        res.json({ holds: slicePage(holds, query).map(view), holdsCount: holds.length })
      },
    ],
    post: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const { hold: given } = readBody<z.infer<typeof wideCreateBody>>(
          req,
          faults.has('F14') ? wideCreateBody : createBody,
        )
        if (!store.books.has(given.bookId)) throw notFound('book')
        if (actor.status !== 'active') throw forbidden()
        const holds = [...store.holds.values()]
        const own = holds.filter((hold) => hold.memberId === actor.id)
        if (own.length >= maxHolds) throw conflict('holds', 'are too many')
        if (own.some((hold) => hold.bookId === given.bookId)) throw conflict('bookId', 'is already held for you')
        const last = Math.max(0, ...holds.filter((hold) => hold.bookId === given.bookId).map((hold) => hold.position))
        const hold: Hold = {
          id: store.nextId++,
          memberId: actor.id,
          placedOn: day(),
          expiresOn: day(60),
          ...given,
          position: given.position ?? last + 1,
        }
        store.holds.set(hold.id, hold)
        res.status(201).json({ hold: view(hold) })
      },
    ],
  })

  route(router, '/holds/:holdId', {
    get: [
      user,
      (req, res) => {
        res.json({ hold: view(visibleHold(req, res)) })
      },
    ],
    put: [
      user,
      (req, res) => {
        const named = faults.has('F02') ? store.holds.get(idParam(req, 'holdId')) : undefined
        const hold = named ?? visibleHold(req, res)
        const { hold: given } = readBody(req, replaceBody)
        if (given.expiresOn < day() || given.expiresOn > day(180)) throw invalid('expiresOn', 'must be within 180 days')
        Object.assign(hold, given)
        res.json({ hold: view(hold) })
      },
    ],
    delete: [
      user,
      (req, res) => {
        const gone = visibleHold(req, res)
        store.holds.delete(gone.id)
        for (const hold of store.holds.values())
          if (hold.bookId === gone.bookId && hold.position > gone.position) hold.position -= 1
        res.status(204).end()
      },
    ],
  })
}
