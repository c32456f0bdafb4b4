"""A person with a browser, Debian's Chromium: follows the link to a device's page, logs in there, and lets it in."""

import os
import signal
import sys
import tempfile

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE = 30
# Root can't have a sandbox, and only our own pages are opened.
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def allow(browser, link):
    browser.get(link)
    await_heading(browser, "Log in")
    browser.find_element(By.NAME, "email").send_keys(os.environ["INTEROP_EMAIL"])
    password = browser.find_element(By.NAME, "password")
    password.send_keys(os.environ["INTEROP_PASSWORD"])
    password.submit()
    await_heading(browser, "Allow Jobbergate in a terminal?")
    browser.find_element(By.CSS_SELECTOR, "button[name=decision][value=allow]").click()
    await_heading(browser, "Access allowed")


def await_heading(browser, text):
    def is_shown(browser):
        return any(it.text == text for it in browser.find_elements(By.TAG_NAME, "h1"))

    # The page before may go while it is looked at.
    going = [StaleElementReferenceException]
    waits = WebDriverWait(browser, PATIENCE, ignored_exceptions=going)
    waits.until(is_shown, f"no page {text!r}: {browser.title!r}")


def start(home):
    options = ChromeOptions()
    for argument in [*ARGUMENTS, f"--user-data-dir={home}/profile"]:
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    environment = {"PATH": os.environ["PATH"], "HOME": home, "TMPDIR": home}
    browser = Chrome(options, ChromeService("/usr/bin/chromedriver", env=environment))
    browser.set_page_load_timeout(PATIENCE)
    return browser


# Whoever is asked to end closes the browser first.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
with tempfile.TemporaryDirectory(dir=os.environ["INTEROP_DIRECTORY"]) as home:
    browser = start(home)
    try:
        allow(browser, sys.argv[1])
    finally:
        browser.quit()
