import { Router } from 'express'
import type { Context } from '../context.ts'
import { notFound, pathId } from '../http.ts'

/** The first version, as the tablet app in the waiting room still asks for it. */
export function firstVersionRoutes({ store, signedIn }: Context): Router {
  const router = Router()

  router.get('/v1/practices/:practiceId/patients', signedIn, (req, res) => {
    const practiceId = pathId(req, 'practiceId')
    res.json([...store.patients.values()].filter((patient) => patient.practiceId === practiceId))
  })

  router.get('/v1/practices/:practiceId/patients/:patientId', signedIn, (req, res) => {
    const patient = store.patients.get(pathId(req, 'patientId'))
    if (patient === undefined || patient.practiceId !== pathId(req, 'practiceId')) throw notFound()
    res.json(patient)
  })

  return router
}
