import { Router } from 'express'
import { z } from 'zod'
import { caller } from '../access.ts'
import type { Context } from '../context.ts'
import { ApiError, invalid, line, paged, prose, readBody, readPatch } from '../http.ts'
import { isAcceptable, isWebUrl, sendTest } from '../notify.ts'
import type { User } from '../store.ts'
import { recordView } from '../views.ts'

const profile = {
  name: line(80).optional(),
  mobile: line(30).optional(),
  speciality: line(60).optional(),
  bio: prose(1000).optional(),
}
const profileBody = z.strictObject(profile)
const looseProfileBody = z.object({ ...profile, licenceVerified: z.boolean().optional() })
const urlBody = z.strictObject({ url: z.string().max(500) })

const view = (user: User) => ({
  id: user.id,
  practiceId: user.practiceId,
  email: user.email,
  name: user.name,
  mobile: user.mobile,
  speciality: user.speciality,
  bio: user.bio,
  role: user.role,
  licenceVerified: user.licenceVerified,
})

export function meRoutes({ store, faults, limits, signedIn }: Context): Router {
  const router = Router()

  router.get('/me', signedIn, (_req, res) => {
    res.json(view(caller(res)))
  })

  router.patch('/me', signedIn, (req, res) => {
    const changes = readPatch(req, faults.has('F12') ? looseProfileBody : profileBody)
    res.json(view(Object.assign(caller(res), changes)))
  })

  router.get('/me/notification-url', signedIn, (_req, res) => {
    res.json({ url: caller(res).notificationUrl })
  })

  router.put('/me/notification-url', signedIn, (req, res) => {
    const { url } = readBody(req, urlBody)
    const acceptable = faults.has('F23') ? isWebUrl(url) : isAcceptable(url)
    if (!acceptable) throw invalid('Invalid value: url')
    caller(res).notificationUrl = url
    res.json({ url })
  })

  router.delete('/me/notification-url', signedIn, (_req, res) => {
    caller(res).notificationUrl = null
    res.status(204).end()
  })

  router.post('/me/notification-url/test', signedIn, limits.notificationTests, async (_req, res) => {
    const url = caller(res).notificationUrl
    if (url === null) throw new ApiError(409, 1401, 'Set a notification URL first')
    res.json(await sendTest(url, faults.has('F23')))
  })

  router.get('/shared-records', signedIn, (req, res) => {
    const user = caller(res)
    const shared = [...store.records.values()].filter((record) => record.sharedWith.has(user.id))
    res.json(
      paged(req, shared, (record) => ({
        ...recordView(record, user),
        ...(faults.has('F15') ? { internalNote: record.internalNote } : {}),
        patientName: store.patients.get(record.patientId)?.name ?? '',
      })),
    )
  })

  return router
}
