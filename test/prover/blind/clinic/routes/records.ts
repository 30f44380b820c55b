import type { Request, Response } from 'express'
import express, { Router } from 'express'
import { z } from 'zod'
import { caller, findOwnRecord, findPatient, findRecord, mayReadRecord, mayUsePatient, memberOf } from '../access.ts'
import type { Context } from '../context.ts'
import {
  ApiError,
  conflict,
  forbidden,
  invalid,
  line,
  notFound,
  paged,
  pathId,
  prose,
  readBody,
  readPatch,
} from '../http.ts'
import type { Attachment, LabOrder, MedicalRecord } from '../store.ts'
import { attachmentView, labOrderView, recordView } from '../views.ts'

const recordBody = z.strictObject({
  kind: z.enum(['visit', 'vaccination', 'surgery']),
  title: line(120),
  text: prose(5000),
  internalNote: prose(1000).default(''),
})
const recordPatch = z.strictObject({
  title: line(120).optional(),
  text: prose(5000).optional(),
  internalNote: prose(1000).optional(),
})
const shareBody = z.strictObject({ colleagueId: z.int().min(1).max(999_999_999) })
const labOrderBody = z.strictObject({ panel: z.enum(['blood', 'urine', 'tissue']) })

const recordsMax = 200
const attachmentsMax = 10
const labOrdersMax = 20
const fileName = /^\w[\w .-]{0,79}$/
const fileTypes = ['text/plain', 'image/png', 'application/pdf']

/** The content begins as its type does. */
function fits(type: string, content: Buffer): boolean {
  if (type === 'image/png') return content.subarray(0, 8).toString('hex') === '89504e470d0a1a0a'
  if (type === 'application/pdf') return content.subarray(0, 5).toString('latin1') === '%PDF-'
  return !content.includes(0)
}

export function recordRoutes({ store, faults, limits, signedIn }: Context): Router {
  const router = Router()
  const records = '/practices/:practiceId/patients/:patientId/records'
  const one = `${records}/:recordId`

  const pathOf = (req: Request) => ({
    practiceId: pathId(req, 'practiceId'),
    patientId: pathId(req, 'patientId'),
    recordId: pathId(req, 'recordId'),
  })
  const readable = (req: Request, res: Response) => findRecord(store, caller(res), pathOf(req))
  const own = (req: Request, res: Response) => findOwnRecord(store, caller(res), pathOf(req))

  router.get(records, signedIn, (req, res) => {
    const user = caller(res)
    const patient = findPatient(store, user, pathId(req, 'practiceId'), pathId(req, 'patientId'))
    res.json(paged(req, store.recordsOf(patient.id), (record) => recordView(record, user)))
  })

  router.post(records, signedIn, (req, res) => {
    const user = caller(res)
    const patient = findPatient(store, user, pathId(req, 'practiceId'), pathId(req, 'patientId'))
    if (patient.doctorId !== user.id) throw forbidden()
    const body = readBody(req, recordBody)
    if (store.recordsOf(patient.id).length >= recordsMax) throw conflict(1411, 'Too many records')
    const now = new Date().toISOString()
    const record: MedicalRecord = {
      id: store.nextId('record'),
      patientId: patient.id,
      authorId: user.id,
      ...body,
      createdAt: now,
      updatedAt: now,
      sharedWith: new Set(),
    }
    store.records.set(record.id, record)
    res.status(201).json(recordView(record, user))
  })

  const recordToShow = (req: Request, res: Response): MedicalRecord => {
    const user = caller(res)
    const path = pathOf(req)
    const patient = store.patients.get(path.patientId)
    if (!faults.has('F01') || patient === undefined || !mayUsePatient(user, patient)) return readable(req, res)
    memberOf(store, user, path.practiceId)
    const record = store.records.get(path.recordId)
    if (record === undefined) throw notFound()
    return record
  }

  router.get(one, signedIn, (req, res) => {
    res.json(recordView(recordToShow(req, res), caller(res)))
  })

  router.patch(one, signedIn, (req, res) => {
    const record = own(req, res)
    Object.assign(record, readPatch(req, recordPatch), { updatedAt: new Date().toISOString() })
    res.json(recordView(record, caller(res)))
  })

  router.delete(one, signedIn, (req, res) => {
    store.deleteRecord(own(req, res).id)
    res.status(204).end()
  })

  router.get(`${one}/shares`, signedIn, (req, res) => {
    const items = [...own(req, res).sharedWith].map((id) => ({
      colleagueId: id,
      name: store.users.get(id)?.name ?? '',
    }))
    res.json({ items })
  })

  router.post(`${one}/shares`, signedIn, (req, res) => {
    const record = own(req, res)
    const user = caller(res)
    const colleague = store.users.get(readBody(req, shareBody).colleagueId)
    const mayReceive = colleague?.practiceId === user.practiceId && colleague.role === 'doctor' && colleague.active
    if (colleague === undefined || !mayReceive || colleague.id === user.id) throw invalid('Invalid value: colleagueId')
    record.sharedWith.add(colleague.id)
    store.note(user, 'record shared', String(record.id))
    res.status(201).json({ colleagueId: colleague.id, name: colleague.name })
  })

  router.delete(`${one}/shares/:colleagueId`, signedIn, (req, res) => {
    if (!own(req, res).sharedWith.delete(pathId(req, 'colleagueId'))) throw notFound()
    res.status(204).end()
  })

  router.get(`${one}/attachments`, signedIn, (req, res) => {
    res.json({ items: store.attachmentsOf(readable(req, res).id).map(attachmentView) })
  })

  const readFile = express.raw({ type: fileTypes, limit: faults.has('F17') ? '20mb' : '64kb' })

  router.post(`${one}/attachments`, signedIn, limits.uploads, (req, res, next) => {
    own(req, res)
    const type = req.is(fileTypes)
    if (type === false) throw new ApiError(415, 1003, 'Send text/plain, image/png or application/pdf')
    readFile(req, res, next)
  })
  router.post(`${one}/attachments`, (req, res) => {
    const record = own(req, res)
    const type = String(req.is(fileTypes))
    const name = req.query.name
    const content: unknown = req.body
    if (typeof name !== 'string' || !fileName.test(name)) throw invalid('Invalid value: name')
    if (!Buffer.isBuffer(content) || content.length === 0) throw invalid('The file is empty')
    if (!fits(type, content)) throw invalid('The file is not what its type says')
    if (store.attachmentsOf(record.id).length >= attachmentsMax) throw conflict(1412, 'Too many attachments')
    const createdAt = new Date().toISOString()
    const attachment: Attachment = {
      id: store.nextId('attachment'),
      recordId: record.id,
      name,
      type,
      content,
      createdAt,
    }
    store.attachments.set(attachment.id, attachment)
    res.status(201).json(attachmentView(attachment))
  })

  router.get('/attachments/:attachmentId', signedIn, (req, res) => {
    const attachment = store.attachments.get(pathId(req, 'attachmentId'))
    const record = attachment === undefined ? undefined : store.records.get(attachment.recordId)
    if (attachment === undefined || record === undefined) throw notFound()
    if (!faults.has('F03') && !mayReadRecord(store, caller(res), record)) throw notFound()
    res.setHeader('Content-Type', attachment.type)
    res.setHeader('Content-Disposition', `attachment; filename="${attachment.name}"`)
    res.end(attachment.content)
  })

  router.delete('/attachments/:attachmentId', signedIn, (req, res) => {
    const user = caller(res)
    const attachment = store.attachments.get(pathId(req, 'attachmentId'))
    const record = attachment === undefined ? undefined : store.records.get(attachment.recordId)
    if (attachment === undefined || record === undefined || !mayReadRecord(store, user, record)) throw notFound()
    if (record.authorId !== user.id) throw forbidden()
    store.attachments.delete(attachment.id)
    res.status(204).end()
  })

  router.get(`${one}/lab-orders`, signedIn, (req, res) => {
    res.json({ items: store.labOrdersOf(readable(req, res).id).map(labOrderView) })
  })

  router.post(`${one}/lab-orders`, signedIn, (req, res) => {
    const record = own(req, res)
    const { panel } = readBody(req, labOrderBody)
    if (store.labOrdersOf(record.id).length >= labOrdersMax) throw conflict(1413, 'Too many lab orders')
    const order: LabOrder = {
      id: store.nextId('labOrder'),
      recordId: record.id,
      panel,
      status: 'sent',
      results: [],
      comment: '',
      createdAt: new Date().toISOString(),
    }
    store.labOrders.set(order.id, order)
    res.status(201).json(labOrderView(order))
  })

  return router
}
