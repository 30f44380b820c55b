import { Router } from 'express'
import type { Context } from '../context.ts'
import { invalid, notFound, paged, pathId, queryId } from '../http.ts'
import type { User } from '../store.ts'

export function publicRoutes({ store, faults }: Context): Router {
  const router = Router()

  const doctors = () => [...store.users.values()].filter((user) => user.role === 'doctor' && user.active)

  const publicView = (user: User) => ({
    id: user.id,
    name: user.name,
    speciality: user.speciality,
    bio: user.bio,
    practiceId: user.practiceId,
    practiceName: store.practices.get(user.practiceId)?.name ?? '',
  })

  const listView = (user: User) =>
    faults.has('F14')
      ? { ...publicView(user), email: user.email, mobile: user.mobile, lastLoginAt: user.lastLoginAt }
      : publicView(user)

  router.get('/health', (_req, res) => {
    res.json({ status: 'ok' })
  })

  router.get('/doctors', (req, res) => {
    const practiceId = queryId(req, 'practiceId')
    const speciality = req.query.speciality
    if (speciality !== undefined && (typeof speciality !== 'string' || speciality.length > 60)) {
      throw invalid('Invalid value: speciality')
    }
    const found = doctors().filter(
      (user) =>
        (practiceId === undefined || user.practiceId === practiceId) &&
        (speciality === undefined || user.speciality === speciality),
    )
    res.json(paged(req, found, listView))
  })

  router.get('/doctors/:doctorId', (req, res) => {
    const doctorId = pathId(req, 'doctorId')
    const doctor = doctors().find((user) => user.id === doctorId)
    if (doctor === undefined) throw notFound()
    res.json(publicView(doctor))
  })

  return router
}
