#include "tests/sim/store.h"

#include <memory>
#include <utility>

#include "engine/base/check.h"

namespace sim {

void Store::attach(engine::Mesh& mesh) {
  mesh_ = &mesh;
  if (!cold_starts_) return;
  cold_until_ =
      clock_.now() + base::Duration::milliseconds(static_cast<int64_t>(random_.below(3000)));
}

base::Duration Store::delay() {
  uint64_t most = faults_ ? 20000 : 500;
  if (clock_.now() < cold_until_) most = random_.below(3) == 0 ? 1000000 : 50000;
  return base::Duration::microseconds(static_cast<int64_t>(50 + random_.below(most)));
}

void Store::ask(engine::QuestionPtr question) {
  auto* request = static_cast<im::StoreRequest*>(question.release());
  base::Instant when = clock_.now() + delay();
  base::Instant& busy = busy_until_[request->user];
  if (when < busy) when = busy;
  busy = when;
  ++pending_;
  // A failure is decided now and means that nothing was written. The shared_ptr only serves to
  // carry a unique_ptr through a copyable event.
  const bool fails = faults_ && random_.below(100) == 0;
  auto carried = std::make_shared<std::unique_ptr<im::StoreRequest>>(request);
  clock_.at(when, [this, fails, carried, life = life_] {
    if (life != life_) return;
    im::StoreRequest& due = **carried;
    if (fails) {
      due.status = im::StoreStatus::failed;
    } else {
      memory_.answer(due);
    }
    answer(carried);
  });
}

// It has been carried out; the answer may take its time, as long as none overtakes another's.
void Store::answer(const std::shared_ptr<std::unique_ptr<im::StoreRequest>>& carried) {
  base::Instant when = clock_.now();
  if (faults_) {
    when = when + base::Duration::microseconds(static_cast<int64_t>(random_.below(2000)));
  }
  base::Instant& busy = answered_until_[(*carried)->user];
  if (when < busy) when = busy;
  busy = when;
  clock_.at(when, [this, carried, life = life_] {
    if (life != life_) return;
    --pending_;
    mesh_->answer(engine::QuestionPtr(carried->release()));
  });
}

void Store::node_died() {
  ++life_;
  pending_ = 0;
  mesh_ = nullptr;
}

void Store::add_user(base::Bytes bare_jid, base::Bytes password) {
  im::StoreRequest request;
  request.kind = im::StoreKind::create_account;
  request.user = bare_jid;
  request.text = password;
  memory_.answer(request);
  CHECK(request.status == im::StoreStatus::ok);
}

std::vector<std::string> Store::offline_of(base::Bytes bare_jid) {
  im::StoreRequest request;
  request.kind = im::StoreKind::load_offline;
  request.user = bare_jid;
  request.count = UINT32_MAX;
  memory_.answer(request);
  std::vector<std::string> stanzas;
  for (im::StoredMessage& message : request.offline) stanzas.push_back(std::move(message.stanza));
  return stanzas;
}

}  // namespace sim
