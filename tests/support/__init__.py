"""What tests of several folders stand on: worlds to act in, a running service, browsers. No test is here.

making.py: how each of them makes a meeting and acts in it. story.py: one meeting told act by act, without a database.
meeting_scenario.py: one meeting on a database. body_scenario.py, mail_scenario.py: a body, its people, their mails.
body_app.py, browser.py: the app asked over HTTP without a network. running_service.py, served_scenario.py: the service
as a process, and a meeting followed there.
"""
