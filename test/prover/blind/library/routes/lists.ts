import { randomBytes } from 'node:crypto'
import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { actorOf, signedIn } from '../auth.ts'
import {
  conflict,
  emailText,
  forbidden,
  invalid,
  line,
  notFound,
  paging,
  prose,
  readBody,
  readQuery,
  route,
  slicePage,
  textParam,
} from '../http.ts'
import type { Context, Member, ReadingList, Share } from '../model.ts'

const bookIds = z.array(z.int().min(1).max(999_999_999)).max(100)
const createBody = z.strictObject({
  list: z.strictObject({
    title: line(100),
    description: prose(500).nullable().default(null),
    bookIds: bookIds.default([]),
  }),
})
const patchBody = z.strictObject({
  list: z.strictObject({
    title: line(100).optional(),
    description: prose(500).nullable().optional(),
    bookIds: bookIds.optional(),
  }),
})
const shareBody = z.strictObject({ share: z.strictObject({ email: emailText, canEdit: z.boolean().default(false) }) })

const maxLists = 60
const maxShares = 30

export function shareFor(list: ReadingList, actor: Member): Share | undefined {
  return list.shares.find((share) => share.email === actor.email)
}

export function listRoutes(router: Router, context: Context): void {
  const { store, faults } = context
  const user = signedIn(context)

  const view = (list: ReadingList, actor: Member) => {
    const mine = list.ownerId === actor.id
    const { id, title, description } = list
    return {
      id,
      title,
      description,
      ownerName: store.members.get(list.ownerId)?.name ?? '',
      mine,
      canEdit: mine || shareFor(list, actor)?.canEdit === true,
      bookIds: list.bookIds,
    }
  }

  const visibleList = (req: Request, res: Response): ReadingList => {
    const actor = actorOf(res)
    const list = store.lists.get(textParam(req, 'listId'))
    if (list === undefined || (list.ownerId !== actor.id && shareFor(list, actor) === undefined)) throw notFound('list')
    return list
  }
  const ownList = (req: Request, res: Response): ReadingList => {
    const list = visibleList(req, res)
    if (list.ownerId !== actorOf(res).id) throw forbidden()
    return list
  }
  const checkBooks = (ids: readonly number[] | undefined) => {
    if (ids?.some((id) => !store.books.has(id)) === true) throw invalid('bookIds', 'names an unknown book')
  }

  route(router, '/lists', {
    get: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const query = readQuery(req, z.object({ shared: z.enum(['true', 'false']).optional(), ...paging }))
        const lists = [...store.lists.values()].filter((list) => {
          const mine = list.ownerId === actor.id
          const shared = !mine && shareFor(list, actor) !== undefined
          return query.shared === undefined ? mine || shared : query.shared === 'true' ? shared : mine
        })
        res.json({ lists: slicePage(lists, query).map((list) => view(list, actor)), listsCount: lists.length })
      },
    ],
    post: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const { list: given } = readBody(req, createBody)
        checkBooks(given.bookIds)
        const own = [...store.lists.values()].filter((list) => list.ownerId === actor.id)
        if (own.length >= maxLists) throw conflict('lists', 'are too many')
        const list: ReadingList = {
          id: `rl-${randomBytes(8).toString('hex')}`,
          ownerId: actor.id,
          ...given,
          shares: [],
        }
        store.lists.set(list.id, list)
        res.status(201).json({ list: view(list, actor) })
      },
    ],
  })

  route(router, '/lists/:listId', {
    get: [
      user,
      (req, res) => {
        res.json({ list: view(visibleList(req, res), actorOf(res)) })
      },
    ],
    patch: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const list = visibleList(req, res)
        const mayEdit = list.ownerId === actor.id || shareFor(list, actor)?.canEdit === true
        if (!mayEdit && !faults.has('F06')) throw forbidden()
        const { list: changes } = readBody(req, patchBody)
        checkBooks(changes.bookIds)
        Object.assign(list, Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)))
        res.json({ list: view(list, actor) })
      },
    ],
    delete: [
      user,
      (req, res) => {
        store.lists.delete(ownList(req, res).id)
        res.status(204).end()
      },
    ],
  })

  route(router, '/lists/:listId/shares', {
    get: [
      user,
      (req, res) => {
        res.json({ shares: ownList(req, res).shares })
      },
    ],
    post: [
      user,
      (req, res) => {
        const list = ownList(req, res)
        const { share: given } = readBody(req, shareBody)
        const others = list.shares.filter((share) => share.email !== given.email)
        if (others.length >= maxShares) throw conflict('shares', 'are too many')
        const share: Share = { id: `sh-${randomBytes(6).toString('hex')}`, ...given }
        list.shares = [...others, share]
        // The same answer whether or not a member has this address.
        res.status(201).json({ share })
      },
    ],
  })

  route(router, '/lists/:listId/shares/:shareId', {
    delete: [
      user,
      (req, res) => {
        const list = ownList(req, res)
        const shareId = textParam(req, 'shareId')
        if (!list.shares.some((share) => share.id === shareId)) throw notFound('share')
        list.shares = list.shares.filter((share) => share.id !== shareId)
        res.status(204).end()
      },
    ],
  })
}
