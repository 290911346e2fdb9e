// Decisions and withdrawals without a reload. A card is one take; they count for each of its renditions.
import { proof, said, tell } from './talk.js'

async function decide(card, decision, why) {
  const by = document.getElementById('by')?.value.trim() ?? ''
  let taken = 0
  let trouble = ''
  for (const [clip, before] of await clipsOf(card)) {
    // a rendition that came after its take was approved follows it
    if (decision === 'posted' && before !== 'approved') await tell(`${clip}/decisions`, { decision: 'approved', by })
    const answer = await tell(`${clip}/decisions`, { decision, why, by })
    if (answer.ok) taken += 1
    else if (answer.status !== 409) trouble = await said(answer) // 409: this rendition is there already
    else trouble ||= taken ? '' : await said(answer)
  }
  if (trouble && !taken) throw new Error(trouble)
  show(card, decision, why)
}

// The take's renditions, each with what was decided about it; one may have come since the page was made.
async function clipsOf(card) {
  const { tweet, take } = card.dataset
  const clips = new Map(card.dataset.clips.split(' ').map((clip) => [clip, null]))
  const answer = await fetch(`/clips/${tweet}`)
  if (!answer.ok && answer.status !== 404) throw new Error(await said(answer)) // 404: none is left
  for (const clip of answer.ok ? (await answer.json()).clips : []) {
    const address = `/clips/${tweet}/${clip.sha256}`
    if (clips.has(address) || (take && clip.take === take)) clips.set(address, clip.decision)
  }
  return clips
}

async function withdraw(card) {
  for (const clip of (await clipsOf(card)).keys()) {
    const answer = await fetch(clip, { method: 'DELETE', headers: proof })
    if (!answer.ok) throw new Error(`Not all of it is withdrawn; try again. ${await said(answer)}`)
  }
  const gone = document.createElement('p')
  gone.className = 'unseen'
  gone.tabIndex = -1
  gone.textContent = 'Withdrawn: its bytes are deleted, and the store refuses them for ever.'
  card.querySelector('video, .unseen').replaceWith(gone)
  show(card, 'withdrawn', '')
  for (const rest of card.querySelectorAll('.files, .history, [data-decide]')) rest.remove()
  gone.focus()
}

function show(card, decision, why) {
  for (const mark of card.querySelectorAll('.files .decision')) mark.remove()
  const mark = card.querySelector('[data-decision]')
  mark.textContent = decision
  mark.className = `decision ${decision}`
  const reason = card.querySelector('[data-why]')
  reason.textContent = why
  reason.hidden = !why
  for (const button of card.querySelectorAll('.decide > button:not([name=withdraw])')) {
    button.hidden = decision === 'posted' || button.name === decision
  }
  const reply = card.querySelector('[data-reply]')
  if (reply) reply.hidden = decision !== 'approved'
}

async function attempt(form, action, failed) {
  const buttons = form.querySelectorAll('button')
  const trouble = form.querySelector('.trouble')
  const pressed = document.activeElement // disabling it takes the focus away
  for (const button of buttons) button.disabled = true
  trouble.hidden = true
  let done = false
  try {
    await action()
    done = true
  } catch (error) {
    trouble.textContent = error instanceof TypeError ? failed : error.message
    trouble.hidden = false
  } finally {
    for (const button of buttons) button.disabled = false
    if (done) form.reset()
    if (pressed?.isConnected && !pressed.closest('[hidden]')) pressed.focus()
    else if (form.isConnected) form.closest('.take').focus()
  }
}

function send(form, decision, why = '') {
  const card = form.closest('.take')
  return attempt(form, () => decide(card, decision, why), 'The store can’t be reached; nothing was decided. Try again.')
}

function posted(form) {
  const { link } = form.elements
  const named = link.value.trim()
  if (named && !/^(https?:\/\/)?((www|mobile)\.)?(x|twitter)\.com\/\w+\/(web\/)?status(es)?\/\d+/i.test(named)) {
    link.setCustomValidity('That is not the link of a post on X.')
    link.reportValidity()
    return
  }
  send(form, 'posted', named)
}

export function press(form, name) {
  const card = form.closest('.take')
  const reason = form.querySelector('.reason')
  const asking = form.querySelector('.confirm')
  if (name === 'retake') {
    form.reset()
    reason.hidden = false
    form.elements.why.focus()
  } else if (name === 'withdraw') {
    form.reset()
    asking.hidden = false
    form.elements.withdraw.setAttribute('aria-expanded', 'true')
    asking.querySelector('button').focus() // the one that does no harm
  } else if (name === 'withdrawn') {
    attempt(form, () => withdraw(card), 'The store can’t be reached; it is not sure that all of it is withdrawn. Try again.')
  } else if (name === 'posted') posted(form)
  else if (name) send(form, name)
}

// Another rendition of the same take, from where the last one stood.
function watch(button) {
  const card = button.closest('.take')
  const video = card.querySelector('video')
  const { currentTime, paused } = video
  video.src = button.dataset.show
  video.currentTime = currentTime
  if (!paused) video.play()
  for (const other of card.querySelectorAll('[data-show]')) other.setAttribute('aria-pressed', other === button)
}

export function listen() {
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button')
    if (button?.dataset.show) watch(button)
    const form = button?.closest('[data-decide]')
    if (form && button.type === 'button') press(form, button.name)
  })
  document.addEventListener('reset', ({ target: form }) => {
    if (!form.matches('[data-decide]')) return
    const asking = form.querySelector('.confirm')
    if (asking.contains(document.activeElement)) form.elements.withdraw.focus()
    if (form.querySelector('.reason').contains(document.activeElement)) form.elements.retake.focus()
    form.querySelector('.reason').hidden = true
    asking.hidden = true
    form.elements.withdraw.setAttribute('aria-expanded', 'false')
  })
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') event.target.closest?.('[data-decide]')?.reset()
  })
  document.addEventListener('input', ({ target }) => target.setCustomValidity?.(''))
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (!form.matches('[data-decide]')) return
    event.preventDefault()
    if (form.querySelector('.reason').hidden) posted(form) // Enter in the link
    else if (form.elements.why.value.trim()) send(form, 'retake', form.elements.why.value.trim())
    else form.elements.why.focus()
  })
}
