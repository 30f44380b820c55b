import { randomBytes } from 'node:crypto'
import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { actorOf, only, signedIn } from '../auth.ts'
import {
  conflict,
  forbidden,
  idParam,
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
import type { Context, Course, Enrolment, Member } from '../model.ts'
import { day, note } from '../model.ts'

const courseFields = { title: line(100), description: prose(2000), capacity: z.int().min(1).max(200) }
const createBody = z.strictObject({ course: z.strictObject(courseFields) })
const patchBody = z.strictObject({ course: z.strictObject(courseFields).partial() })
const gradeBody = z.strictObject({
  grade: z.strictObject({ score: z.int().min(0).max(100), comment: prose(500).default('No comment') }),
})
const listQuery = z.object({ q: z.string().max(80).optional(), ...paging })

const maxCourses = 40

export function courseRoutes(router: Router, context: Context): void {
  const { store, faults } = context
  const user = signedIn(context)

  const enrolmentsOf = (slug: string) => [...store.enrolments.values()].filter((row) => row.courseSlug === slug)
  const nameOf = (memberId: string) => store.members.get(memberId)?.name ?? ''
  const view = ({ slug, title, description, capacity, teacherId }: Course) => {
    return { slug, title, description, capacity, teacherName: nameOf(teacherId), enrolled: enrolmentsOf(slug).length }
  }
  const enrolmentView = ({ id, courseSlug, memberId, enrolledOn }: Enrolment) => {
    return { id, courseSlug, memberId, studentName: nameOf(memberId), enrolledOn }
  }
  const gradeView = ({ id, courseSlug, memberId, grade }: Enrolment) => {
    return {
      enrolmentId: id,
      courseSlug,
      studentName: nameOf(memberId),
      score: grade?.score ?? null,
      comment: grade?.comment ?? null,
    }
  }
  const courseOf = (req: Request): Course => {
    const course = store.courses.get(textParam(req, 'slug'))
    if (course === undefined) throw notFound('course')
    return course
  }
  const teaches = (actor: Member, course: Course) => actor.role === 'admin' || course.teacherId === actor.id
  const taughtCourse = (req: Request, res: Response): Course => {
    const course = courseOf(req)
    if (!teaches(actorOf(res), course)) throw forbidden()
    return course
  }
  /** An enrolment of this very course, seen by its teacher or its student. */
  const visibleEnrolment = (req: Request, res: Response): Enrolment => {
    const actor = actorOf(res)
    const course = courseOf(req)
    const row = store.enrolments.get(idParam(req, 'enrolmentId'))
    if (row === undefined || row.courseSlug !== course.slug) throw notFound('enrolment')
    if (row.memberId !== actor.id && !teaches(actor, course)) throw notFound('enrolment')
    return row
  }

  route(router, '/courses', {
    get: [
      (req, res) => {
        const query = readQuery(req, listQuery)
        const q = query.q?.toLowerCase() ?? ''
        const courses = [...store.courses.values()].filter((course) => course.title.toLowerCase().includes(q))
        res.set('Cache-Control', 'public, max-age=60')
        res.json({ courses: slicePage(courses, query).map(view), coursesCount: courses.length })
      },
    ],
    post: [
      user,
      only('teacher'),
      (req, res) => {
        const actor = actorOf(res)
        const { course: given } = readBody(req, createBody)
        const own = [...store.courses.values()].filter((course) => course.teacherId === actor.id)
        if (own.length >= maxCourses) throw conflict('courses', 'are too many')
        const base = given.title.toLowerCase().replace(/[^a-z\d]+/g, '-')
        const slug = `${base.slice(0, 40)}-${randomBytes(3).toString('hex')}`.replace(/^-/, '')
        const course: Course = { slug, ...given, teacherId: actor.id }
        store.courses.set(slug, course)
        res.status(201).json({ course: view(course) })
      },
    ],
  })

  route(router, '/courses/:slug', {
    get: [
      (req, res) => {
        const course = courseOf(req)
        res.set('Cache-Control', 'public, max-age=60')
        res.json({ course: view(course) })
      },
    ],
    patch: [
      user,
      (req, res) => {
        const course = taughtCourse(req, res)
        const { course: changes } = readBody(req, patchBody)
        const enrolled = enrolmentsOf(course.slug).length
        if (changes.capacity !== undefined && changes.capacity < enrolled)
          throw invalid('capacity', 'is less than the number enrolled')
        Object.assign(course, changes)
        res.json({ course: view(course) })
      },
    ],
    delete: [
      user,
      (req, res) => {
        const course = taughtCourse(req, res)
        if (enrolmentsOf(course.slug).length > 0) throw conflict('course', 'still has students')
        store.courses.delete(course.slug)
        res.status(204).end()
      },
    ],
  })

  route(router, '/courses/:slug/enrolments', {
    get: [
      user,
      (req, res) => {
        const course = taughtCourse(req, res)
        const query = readQuery(req, z.object(paging))
        const rows = enrolmentsOf(course.slug)
        res.json({ enrolments: slicePage(rows, query).map(enrolmentView), enrolmentsCount: rows.length })
      },
    ],
    post: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const course = courseOf(req)
        const rows = enrolmentsOf(course.slug)
        if (course.teacherId === actor.id) throw conflict('course', 'is your own')
        if (rows.some((row) => row.memberId === actor.id)) throw conflict('course', 'has you already')
        if (rows.length >= course.capacity) throw conflict('course', 'is full')
        const enrolledOn = day()
        const row: Enrolment = {
          id: store.nextId++,
          courseSlug: course.slug,
          memberId: actor.id,
          enrolledOn,
          grade: null,
        }
        store.enrolments.set(row.id, row)
        res.status(201).json({ enrolment: enrolmentView(row) })
      },
    ],
  })

  route(router, '/courses/:slug/enrolments/:enrolmentId', {
    delete: [
      user,
      (req, res) => {
        const row = visibleEnrolment(req, res)
        if (row.grade !== null) throw conflict('enrolment', 'is graded already')
        store.enrolments.delete(row.id)
        res.status(204).end()
      },
    ],
  })

  route(router, '/courses/:slug/enrolments/:enrolmentId/grade', {
    get: [
      user,
      (req, res) => {
        if (faults.has('F05')) {
          const course = courseOf(req)
          const row = store.enrolments.get(idParam(req, 'enrolmentId'))
          if (row !== undefined && teaches(actorOf(res), course)) {
            res.json({ grade: gradeView(row) })
            return
          }
        }
        res.json({ grade: gradeView(visibleEnrolment(req, res)) })
      },
    ],
    put: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const row = visibleEnrolment(req, res)
        if (!faults.has('F20') && !teaches(actor, courseOf(req))) throw forbidden()
        row.grade = readBody(req, gradeBody).grade
        note(store, actor, `graded enrolment ${row.id}`)
        res.json({ grade: gradeView(row) })
      },
    ],
  })

  route(router, '/courses/:slug/grades', {
    get: [
      user,
      (req, res) => {
        const actor = actorOf(res)
        const course = courseOf(req)
        const rows = enrolmentsOf(course.slug).filter((row) => teaches(actor, course) || row.memberId === actor.id)
        res.json({ grades: rows.map(gradeView) })
      },
    ],
  })
}
